"""Budgets without a model: runaway tools, decorators, accounts, and what cannot be used."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import telltale
from telltale import _brakes, _runtime
from telltale._account import Account, Repeats, Spent
from telltale._limits import rule_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from telltale.testing import Captured


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Any:
    """The texts of warnings so far."""
    caplog.set_level(logging.WARNING, "telltale")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "telltale"]


# --- tools


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


# --- accounts


def test_what_is_spent_leaves_a_window_up_to_one_step_late_and_never_early(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    account = Account(64)
    for second in range(0, 640, 7):
        now[0] = second * 10**9
        account.add(Spent(calls=1, tokens=second, usd=Decimal(second)))
        recent = [at for at in range(0, second + 1, 7) if at > second - 64]
        late = [at for at in range(0, second + 1, 7) if at > second - 65]
        assert len(recent) <= account.total().calls <= len(late)
        assert sum(recent) <= account.total().tokens <= sum(late)
        assert account.total().usd == account.total().tokens


def test_a_window_keeps_no_more_than_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    account = Account(3600)
    for _ in range(20_000):
        now[0] += 10**9
        account.add(Spent(calls=1))
        account.total()
    assert len(account._parts) <= 66
    assert 3600 <= account.total().calls <= 3600 + 57


# --- decorators


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


# --- what cannot be used


def test_what_is_no_limit_costs_one_warning_and_is_left_out(warnings: Any) -> None:
    given: dict[str, Any] = {
        "usd": "much",
        "calls": -1,
        "tokens": float("nan"),
        "window_s": 0,
        "scope": "galaxy",
        "on_exceed": "explode",
        "on_unknown": 1,
        "prices": {"m": {"input_usd_per_mtok": 1}},
    }
    rule = rule_of("b", given)
    assert (rule.limits.usd, rule.limits.calls, rule.limits.tokens, rule.window_s) == (None, None, None, None)
    assert (rule.scope, rule.on_exceed, rule.on_unknown, rule.prices) == ("run", None, "warn", {})
    assert len(warnings()) == 8
    assert "budget 'b': scope='galaxy' cannot be used; use one of run, user, session, service" in warnings()[-4]


def test_dollars_are_read_as_they_are_written() -> None:
    assert [rule_of("b", {"usd": usd}).limits.usd for usd in (0.1, "0.1", Decimal("0.1"), 1)] == [
        *[Decimal("0.1")] * 3,
        Decimal(1),
    ]


def test_before_init_a_budget_says_that_it_holds_nothing(warnings: Any) -> None:
    assert _runtime.current() is _runtime.IDLE
    with telltale.budget("idle-budget", calls=0, on_exceed="raise"):
        pass
    assert warnings() == ["budget 'idle-budget' holds nothing: call telltale.init() first"]


# --- forks

FORKS = """
import os, sys, threading
import telltale
from telltale import _brakes
from telltale.instruments._answer import Answer, Usage

telltale.init(endpoint="http://127.0.0.1:9", spool=False, instrument=False)
usage, is_over = Answer(usage=Usage(1, 1)), threading.Event()

def call():
    _brakes.hold("llm", {"model": "m"}).settle(usage)

def busy():
    with telltale.budget("shared", calls=10**9, scope="service"):
        while not is_over.is_set():
            call()

threads = [threading.Thread(target=busy) for _ in range(4)]
for thread in threads:
    thread.start()
for _ in range(30):
    child = os.fork()
    if child == 0:
        with telltale.budget("shared", calls=10**9, scope="service") as run:
            before = run.spent.calls
            call()
            os._exit(0 if run.spent.calls == before + 1 else 3)
    assert os.waitpid(child, 0)[1] == 0
is_over.set()
for thread in threads:
    thread.join()
print("done")
"""


def test_a_child_that_is_forked_amid_calls_goes_on_with_accounts_of_its_own(run_app: Any) -> None:
    done = run_app(FORKS, timeout_s=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
