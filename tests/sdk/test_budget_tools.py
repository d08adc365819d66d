"""Tools that are called again and again with the same arguments are stopped or told of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import telltale
from telltale._account import Repeats

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_a_runaway_tool_loop_is_stopped(captured: Captured) -> None:
    used = []

    @telltale.observe(kind="tool")
    def search(query: str, page: int = 1) -> str:
        used.append((query, page))
        return "nothing found"

    def agent() -> None:
        for _ in range(1000):
            search("telltale", page=1)

    with (
        telltale.budget("loop", same_tool_calls=5, on_exceed="raise"),
        pytest.raises(telltale.BudgetExceeded) as stopped,
    ):
        agent()
    assert len(used) == 5
    assert stopped.value.measure == "same_tool_calls"
    assert "the tool 'search' was called 5 times with the same arguments in this run" in str(stopped.value)
    last = [span for span in captured.spans if span["name"] == "search"][-1]
    assert last["status"] == "error"
    refusal = captured.span("budget loop")
    assert refusal["parent_span_id"] == last["span_id"]
    assert (refusal["attributes"]["telltale.guard.stage"], refusal["attributes"]["gen_ai.tool.name"]) == (
        "tool",
        "search",
    )


@pytest.mark.parametrize("capture_input", [True, False])
@pytest.mark.usefixtures("captured")
def test_a_tool_may_be_used_as_often_as_its_arguments_differ(capture_input: bool) -> None:
    @telltale.observe(kind="tool", capture_input=capture_input)
    def search(query: str) -> str:
        return query

    with telltale.budget("loop", same_tool_calls=1, on_exceed="raise"):
        for number in range(100):
            search(str(number))
        with pytest.raises(telltale.BudgetExceeded):
            search("7")


@pytest.mark.usefixtures("captured")
def test_async_tools_and_spans_of_tools_are_counted_too() -> None:
    @telltale.observe(kind="tool")
    async def fetch(url: str) -> str:
        return url

    async def main() -> None:
        async with telltale.budget("loop", same_tool_calls=2, on_exceed="raise"):
            await asyncio.gather(fetch("a"), fetch("a"))
            with pytest.raises(telltale.BudgetExceeded):
                await fetch("a")
            for arguments in ('{"a": 1, "b": 2}', {"b": 2, "a": 1}):
                with telltale.span("add", kind="tool") as span:
                    span.set(input=arguments)
            with telltale.span("add", kind="tool") as span, pytest.raises(telltale.BudgetExceeded):
                span.set(input='{"b":2,"a":1}')

    asyncio.run(main())


@pytest.mark.usefixtures("captured")
def test_each_run_counts_its_tools_from_the_beginning() -> None:
    @telltale.observe(kind="tool")
    def search() -> None:
        return None

    once = telltale.budget("loop", same_tool_calls=1, scope="service", on_exceed="raise")
    for _ in range(3):
        with once:
            search()


@pytest.mark.usefixtures("captured")
def test_a_loop_is_only_told_of_where_nothing_else_was_asked_for(warnings: Any) -> None:
    @telltale.observe(kind="tool")
    def search() -> None:
        return None

    with telltale.budget("loop", same_tool_calls=2):
        for _ in range(10):
            search()
    (said,) = warnings()
    assert said == "budget 'loop': the tool 'search' was called 2 times with the same arguments in this run; it goes on"


def test_arguments_that_no_json_holds_are_compared_as_well_as_can_be() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "odd"

    circle: list[Any] = []
    circle.append(circle)
    repeats = Repeats()
    for arguments in ({"a": Odd()}, {1: 2, "a": 3}, circle, b"\xff", "{not json", float("nan")):
        assert [repeats.count("t", arguments) for _ in range(3)] == [1, 2, 3]
    assert repeats.count("u", b"\xff") == 1


def test_what_tools_were_given_is_remembered_within_bounds() -> None:
    repeats = Repeats()
    assert repeats.count("t", -1) == 1
    for number in range(5000):
        assert repeats.count("t", number) == 1
    assert repeats.count("t", 4999) == 2
    assert repeats.count("t", -1) == 1
