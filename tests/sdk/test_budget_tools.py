"""Tools that are called again and again with the same arguments are stopped or told of."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

import telltale
from telltale._account import Repeats
from telltale._fingerprint import fingerprint

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


@pytest.mark.usefixtures("captured")
def test_a_span_is_one_use_of_a_tool_however_often_its_input_is_set() -> None:
    with telltale.budget("loop", same_tool_calls=1, on_exceed="raise"):
        with telltale.span("search", kind="tool") as span:
            for _ in range(3):
                span.set(input="a")
        with telltale.span("search", kind="tool") as span, pytest.raises(telltale.BudgetExceeded):
            span.set(input="a")


@pytest.mark.usefixtures("captured")
def test_an_argument_may_use_budgets_from_another_thread_while_it_is_read() -> None:
    spent = []

    class Odd:
        def __repr__(self) -> str:
            other = threading.Thread(target=lambda: spent.append(run.spent.calls), daemon=True)
            other.start()
            other.join(10)
            return "odd"

    @telltale.observe(kind="tool", capture_input=False)
    def search(what: Any) -> None:
        del what
        read.append(len(spent))

    read: list[int] = []
    with telltale.budget("loop", same_tool_calls=1) as run:
        search(Odd())
    assert (spent, read) == ([0], [1])


class Opaque:
    """Shown by its address alone."""

    def __init__(self, held: Any) -> None:
        self.held = held


class Odd:
    def __repr__(self) -> str:
        return "odd"


class Query:
    """Loads when somebody looks at it."""

    loaded = 0

    def __iter__(self) -> Any:
        Query.loaded += 1
        return iter(())

    def __repr__(self) -> str:
        Query.loaded += 1
        return "loaded"


def circle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"a": Odd()},
        lambda: {1: 2, "a": 3},
        circle,
        lambda: b"\xff",
        lambda: "{not json",
        lambda: "[" * 100_000,
        lambda: float("nan"),
        lambda: {"client": Opaque({"of": [Opaque(1)]})},
        lambda: {"query": Query()},
        lambda: {"all": {"a", "b", "c", 7, None}},
    ],
)
def test_the_same_arguments_made_again_are_the_same(make: Any) -> None:
    kept = [make() for _ in range(3)]
    assert len({fingerprint("t", arguments) for arguments in kept}) == 1
    assert fingerprint("u", kept[0]) != fingerprint("t", kept[0])
    assert Query.loaded == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"aa", b"ab"),
        (Opaque(1), Opaque(2)),
        ({"file": {"of": b"aa"}}, {"file": {"of": b"ab"}}),
        ("x" * 2_000_000 + "a", "x" * 2_000_000 + "b"),
        ({"a"}, {"b"}),
    ],
    ids=["bytes", "objects", "bytes within", "long texts", "sets"],
)
def test_arguments_that_differ_are_told_apart(one: Any, other: Any) -> None:
    assert fingerprint("t", one) != fingerprint("t", other)


def test_what_tools_were_given_is_remembered_within_bounds() -> None:
    repeats = Repeats()
    assert repeats.count(-1) == 1
    for use in range(5000):
        assert repeats.count(use) == 1
    assert repeats.count(4999) == 2
    assert repeats.count(-1) == 1
