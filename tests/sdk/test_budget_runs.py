"""A decorated function of any sort is a run, and so is a block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import telltale
from telltale import _brakes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


ONCE = telltale.budget("b", same_tool_calls=1, on_exceed="raise")


@telltale.observe(kind="tool")
def tool() -> str:
    return "used"


class Agent:
    @ONCE
    def method(self, text: str) -> str:
        return text + tool()

    @classmethod
    @ONCE
    def of_class(cls) -> str:
        return tool()

    @ONCE
    @staticmethod
    def static() -> str:
        return tool()


@ONCE
async def coroutine() -> str:
    return tool()


@ONCE
def generator() -> Iterator[str]:
    yield tool()
    sent = yield "second"
    yield str(sent)


@ONCE
async def async_generator() -> AsyncIterator[str]:
    yield tool()


async def items_of_async_generator() -> list[str]:
    return [item async for item in async_generator()]


@pytest.mark.usefixtures("captured")
def test_a_decorated_function_of_any_sort_is_a_run_each_time_it_is_called() -> None:
    for _ in range(2):
        assert Agent().method("a ") == "a used"
        assert Agent.of_class() == Agent.static() == "used"
        assert asyncio.run(coroutine()) == "used"
        steps = generator()
        assert [next(steps), next(steps), steps.send("x")] == ["used", "second", "x"]
        assert asyncio.run(items_of_async_generator()) == ["used"]
    assert _brakes.active.get() == ()


@pytest.mark.usefixtures("captured")
def test_a_generator_is_one_run_and_its_consumer_is_none_of_it() -> None:
    seen = []

    @telltale.budget("b", same_tool_calls=2, on_exceed="raise")
    def steps() -> Iterator[int]:
        for number in range(10):
            tool()
            yield number

    def consumer() -> None:
        seen.extend((number, tool(), _brakes.active.get()) for number in steps())

    with pytest.raises(telltale.BudgetExceeded):
        consumer()
    assert seen == [(0, "used", ()), (1, "used", ())]


def test_a_block_left_in_another_context_than_entered_ends_nothing_else() -> None:
    held = telltale.budget("b", calls=1)
    held.__exit__(None, None, None)
    with held:
        telltale.budget("other", calls=1).__exit__(None, None, None)
        assert len(_brakes.active.get()) == 1
