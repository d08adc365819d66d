"""Budgets around calls of the real client: what is let through, refused, sent elsewhere; and what is said of it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openai
import pytest

import telltale
from telltale import _brakes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
PRICES = {"gpt-5-mini": {"input_usd_per_mtok": "0.25", "output_usd_per_mtok": 2}}
CALL_USD = Decimal("0.25") * 31 / 10**6 + Decimal(2) * 16 / 10**6
"""31 tokens in, 16 out: what the server's script says."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Accounts that a process has together are this test's own."""
    _brakes._accounts.clear()
    yield
    _brakes._accounts.clear()


@pytest.fixture
def client(openai_server: Any, captured: Captured) -> Any:
    del captured  # budgets hold for what is traced
    with openai.OpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Any:
    """The texts of warnings so far."""
    caplog.set_level(logging.WARNING, "telltale")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "telltale"]


def ask(client: Any, model: str = "gpt-5-mini", **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=QUESTION, **more)


def asked_models(openai_server: Any) -> list[str]:
    return [body["model"] for _, body in openai_server.requests]


# --- what is let through


def test_the_call_after_the_last_one_is_not_made(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("checkout", calls=2, on_exceed="raise"):
        ask(client)
        ask(client)
        with pytest.raises(telltale.BudgetExceeded) as refused:
            ask(client)
    assert len(openai_server.requests) == 2
    error = refused.value
    assert (error.budget, error.measure, error.limit, error.spent, error.window_s) == ("checkout", "calls", 2, 2, None)
    assert str(error).startswith("budget 'checkout': 2 of 2 calls are spent in this run; raise the limit")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert len([span for span in captured.spans if span["name"] == "chat gpt-5-mini"]) == 2


def test_a_refusal_is_recorded_as_a_guardrail_and_not_as_a_call(captured: Captured, client: Any) -> None:
    stops = telltale.budget("b", calls=0, on_exceed="raise")
    with telltale.span("answer"), pytest.raises(telltale.BudgetExceeded), stops:
        ask(client)
    answer, refusal = captured.spans
    assert refusal["parent_span_id"] == answer["span_id"]
    assert refusal["attributes"] == {
        "telltale.span.kind": "guardrail",
        "telltale.guard.name": "budget b",
        "telltale.guard.stage": "input",
        "telltale.guard.verdict": "block",
        "telltale.guard.reason": "0 of 0 calls are spent in this run",
        "telltale.budget.names": ["b"],
        "telltale.budget.exceeded": ["b"],
        "gen_ai.request.model": "gpt-5-mini",
    }


def test_without_a_budget_nothing_is_said_of_one(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat()
    ask(client)
    assert not [key for key in captured.spans[0]["attributes"] if "budget" in key]


def test_a_hundred_threads_make_exactly_as_many_calls_as_there_are(client: Any, openai_server: Any) -> None:
    for _ in range(10):
        openai_server.chat()
    together = threading.Barrier(100)

    def run() -> bool:
        together.wait(30)
        with telltale.budget("shared", calls=10, scope="service", on_exceed="raise"):
            try:
                ask(client)
            except telltale.BudgetExceeded:
                return False
        return True

    with ThreadPoolExecutor(100) as pool:
        made = [future.result() for future in [pool.submit(run) for _ in range(100)]]
    assert sum(made) == len(openai_server.requests) == 10


def test_a_thread_in_a_copy_of_the_context_is_under_the_same_run(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", calls=1, on_exceed="raise"), ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, ask, client).result()
        with pytest.raises(telltale.BudgetExceeded):
            ask(client)


@pytest.mark.usefixtures("captured")
def test_tasks_share_the_run_that_began_them_and_each_run_is_its_own(openai_server: Any) -> None:
    for _ in range(8):
        openai_server.chat()

    async def run(client: Any) -> int:
        with telltale.budget("b", calls=4, on_exceed="raise"):
            calls = [client.chat.completions.create(model="gpt-5-mini", messages=QUESTION) for _ in range(10)]
            answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, telltale.BudgetExceeded)]
        return len(answers) - len(refused)

    async def main() -> list[int]:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as client:
            return await asyncio.gather(run(client), run(client))

    assert asyncio.run(main()) == [4, 4]
    assert len(openai_server.requests) == 8


def test_tokens_are_known_after_the_answer(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("b", tokens=50, on_exceed="raise") as run:
        ask(client)
        assert run.spent.tokens == 47
        ask(client)
        with pytest.raises(telltale.BudgetExceeded, match="94 of 50 tokens are spent"):
            ask(client)


def test_the_longest_answer_is_reserved_while_a_call_is_under_way(client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("Par", "is.")
    openai_server.chat()
    with telltale.budget("b", tokens=100, on_exceed="raise"):
        stream = ask(client, stream=True, max_completion_tokens=60)
        with pytest.raises(telltale.BudgetExceeded, match="60 of 100 tokens"):
            ask(client, max_completion_tokens=60)
        with pytest.raises(telltale.BudgetExceeded):
            ask(client, max_completion_tokens=30, n=2)
        list(stream)  # used 47 of them
        ask(client, max_completion_tokens=53)


def test_embeddings_are_calls_too(client: Any, openai_server: Any) -> None:
    openai_server.embeddings([0.5])
    with telltale.budget("b", calls=1, tokens=1000, on_exceed="raise") as run:
        client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
        assert (run.spent.tokens, run.spent.uncounted) == (13, 0)
        with pytest.raises(telltale.BudgetExceeded):
            client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")


def test_a_failed_call_is_a_call_that_costs_nothing(client: Any, openai_server: Any, warnings: Any) -> None:
    openai_server.fails(429)
    with telltale.budget("b", calls=1, usd=1, tokens=10, prices=PRICES, on_exceed="raise") as run:
        with pytest.raises(openai.RateLimitError):
            ask(client)
        assert (run.spent.calls, run.spent.tokens, run.spent.usd, run.spent.uncounted) == (1, 0, 0, 0)
        with pytest.raises(telltale.BudgetExceeded, match="1 of 1 calls"):
            ask(client)
    assert warnings() == []


# --- money


def test_dollars_are_exact_where_prices_are_given(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("b", usd=2 * CALL_USD, prices=PRICES, on_exceed="raise") as run:
        ask(client)
        assert run.spent.usd == CALL_USD
        ask(client)
        with pytest.raises(telltale.BudgetExceeded) as refused:
            ask(client)
    assert (refused.value.measure, refused.value.spent) == ("usd", 2 * CALL_USD)


def test_cached_tokens_cost_what_the_price_says_of_them(client: Any, openai_server: Any) -> None:
    openai_server.chat(
        usage={
            "prompt_tokens": 1000,
            "completion_tokens": 0,
            "total_tokens": 1000,
            "prompt_tokens_details": {"cached_tokens": 800},
        }
    )
    prices = {"gpt-5-mini": {**PRICES["gpt-5-mini"], "cache_read_usd_per_mtok": 0.025}}
    with telltale.budget("b", usd=1, prices=prices) as run:
        ask(client)
    assert run.spent.usd == (200 * Decimal("0.25") + 800 * Decimal("0.025")) / 10**6


def test_a_model_without_a_price_costs_an_unknown_amount_which_is_said_once(
    captured: Captured, client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", usd=0.01, on_exceed="raise") as run:
        for _ in range(3):
            ask(client)
    assert (run.spent.calls, run.spent.usd, run.spent.unpriced) == (3, 0, 3)
    (said,) = warnings()
    assert said.startswith("budget 'b': what it costs is not known of the model 'gpt-5-mini'; it counts as a call only")
    unheld = captured.spans[0]["attributes"]["telltale.budget.unheld"]
    assert unheld == ["b: no Telltale collector to ask: call telltale.init() first"]


def test_a_model_without_a_price_can_be_blocked(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", usd=1, on_unknown="block", on_exceed="raise"):
        ask(client)
        with pytest.raises(telltale.BudgetExceeded, match="what 'gpt-5-mini' costs or uses is not known") as refused:
            ask(client)
    assert refused.value.measure == "unknown"


def test_a_stream_that_tells_no_tokens_is_not_taken_for_none(client: Any, openai_server: Any, warnings: Any) -> None:
    openai_server.chat_stream("Paris.", usage=False)
    with telltale.budget("b", tokens=100, usd=1, prices=PRICES) as run:
        list(ask(client, stream=True))
    assert (run.spent.tokens, run.spent.uncounted, run.spent.unpriced) == (0, 1, 1)
    assert "how many tokens its calls use is not known" in warnings()[0]


# --- warnings and routes


def test_a_warning_is_given_once_and_the_calls_go_on(
    captured: Captured, client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", calls=1):
        for _ in range(3):
            ask(client)
    assert warnings() == ["budget 'b': 1 of 1 calls are spent in this run; the calls go on"]
    said = [span["attributes"].get("telltale.budget.exceeded") for span in captured.spans]
    assert said == [None, ["b"], ["b"]]
    assert captured.spans[0]["attributes"]["telltale.budget.names"] == ["b"]


def test_calls_go_to_the_cheaper_model_once_the_budget_is_spent(
    captured: Captured, client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", calls=1, on_exceed="route", route={"gpt-5": "gpt-5-mini"}):
        for _ in range(3):
            ask(client, "gpt-5")
    assert asked_models(openai_server) == ["gpt-5", "gpt-5-mini", "gpt-5-mini"]
    assert captured.spans[0]["name"] == "chat gpt-5"
    assert "telltale.route" not in captured.spans[0]["attributes"]
    routed = captured.spans[1]
    assert routed["name"] == "chat gpt-5-mini"
    said = {
        key: value for key, value in routed["attributes"].items() if key.startswith(("telltale.route", "gen_ai.req"))
    }
    assert said == {
        "gen_ai.request.model": "gpt-5-mini",
        "telltale.route": "budget b",
        "telltale.route.reason": "1 of 1 calls are spent in this run",
        "telltale.route.baseline_model": "gpt-5",
    }
    assert warnings() == ["budget 'b': 1 of 1 calls are spent in this run; gpt-5 goes to gpt-5-mini from here on"]


def test_a_model_without_a_route_goes_on_with_a_warning(client: Any, openai_server: Any, warnings: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", calls=0, on_exceed="route", route={"gpt-5": "gpt-5-mini"}):
        ask(client, "o3")
    assert asked_models(openai_server) == ["o3"]
    assert warnings() == ["budget 'b': 0 of 0 calls are spent in this run; the calls go on"]


# --- one inside another


def test_budgets_inside_one_another_all_hold_and_a_refused_call_is_taken_from_none(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("outer", calls=3, on_exceed="raise") as outer:
        with telltale.budget("inner", calls=2, on_exceed="raise"):
            ask(client)
            ask(client)
            with pytest.raises(telltale.BudgetExceeded, match="inner"):
                ask(client)
        assert outer.spent.calls == 2
        with telltale.budget("inner", calls=2, on_exceed="raise"):
            ask(client)
            with pytest.raises(telltale.BudgetExceeded, match="outer"):
                ask(client)
    assert captured.spans[0]["attributes"]["telltale.budget.names"] == ["outer", "inner"]


def test_a_route_of_one_budget_is_judged_by_the_others(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with (
        telltale.budget("stop", calls=1, on_exceed="raise"),
        telltale.budget("save", calls=0, on_exceed="route", route={"gpt-5": "gpt-5-mini"}),
    ):
        ask(client, "gpt-5")
        with pytest.raises(telltale.BudgetExceeded, match="stop"):
            ask(client, "gpt-5")
    assert asked_models(openai_server) == ["gpt-5-mini"]


def test_an_account_that_is_entered_twice_is_charged_once(client: Any, openai_server: Any) -> None:
    openai_server.chat()
    shared = telltale.budget("b", calls=5, scope="service")
    with shared as run, shared:
        ask(client)
    assert run.spent.calls == 1


def test_an_account_of_each_user_and_each_session(client: Any, openai_server: Any) -> None:
    for _ in range(4):
        openai_server.chat()
    by_user = telltale.budget("u", calls=1, scope="user", on_exceed="raise")
    by_session = telltale.budget("s", calls=1, scope="session", on_exceed="raise")
    for user in ("ann", "bob"):
        with by_user, telltale.context(user_id=user):
            ask(client)
        with by_user, telltale.context(user_id=user), pytest.raises(telltale.BudgetExceeded, match="by this user"):
            ask(client)
    for session in ("s1", "s2"):
        with telltale.context(session_id=session), by_session:
            ask(client)
            with pytest.raises(telltale.BudgetExceeded, match="in this session"):
                ask(client)


def test_a_window_rolls_on_with_the_clock(client: Any, openai_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        openai_server.chat()
    now = [10**18]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    hourly = telltale.budget("b", calls=2, window_s=3600, scope="service", on_exceed="raise")
    with hourly:
        ask(client)
        now[0] += 1800 * 10**9
        ask(client)
        now[0] += 1799 * 10**9
        with pytest.raises(telltale.BudgetExceeded, match="2 of 2 calls are spent here within 3600 s"):
            ask(client)
        now[0] += 61 * 10**9  # the first call has left, with the step of a window's 64th part
        ask(client)
        with pytest.raises(telltale.BudgetExceeded):
            ask(client)
