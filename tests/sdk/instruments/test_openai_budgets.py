"""Budgets around calls of the real client: how many are let through, and what is said of the one that is not."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import openai
import pytest
from budgeted_calls import PRICES, QUESTION, ask

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

# Budgets hold for what is traced.
pytestmark = pytest.mark.usefixtures("own_accounts", "captured")


def test_the_call_after_the_last_one_is_not_made(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("checkout", calls=2, on_exceed="raise"):
        ask(openai_client)
        ask(openai_client)
        with pytest.raises(telltale.BudgetExceeded) as refused:
            ask(openai_client)
    assert len(openai_server.requests) == 2
    error = refused.value
    assert (error.budget, error.measure, error.limit, error.spent, error.window_s) == ("checkout", "calls", 2, 2, None)
    assert str(error).startswith("budget 'checkout': 2 of 2 calls are spent in this run; raise the limit")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert len([span for span in captured.spans if span["name"] == "chat gpt-5-mini"]) == 2


def test_a_refusal_is_recorded_as_a_guardrail_and_not_as_a_call(captured: Captured, openai_client: Any) -> None:
    stops = telltale.budget("b", calls=0, on_exceed="raise")
    with telltale.span("answer"), pytest.raises(telltale.BudgetExceeded), stops:
        ask(openai_client)
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


def test_without_a_budget_nothing_is_said_of_one(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    ask(openai_client)
    assert not [key for key in captured.spans[0]["attributes"] if "budget" in key]


def test_a_hundred_threads_make_exactly_as_many_calls_as_there_are(openai_client: Any, openai_server: Any) -> None:
    for _ in range(10):
        openai_server.chat()
    together = threading.Barrier(100)

    def run() -> bool:
        together.wait(30)
        with telltale.budget("shared", calls=10, scope="service", on_exceed="raise"):
            try:
                ask(openai_client)
            except telltale.BudgetExceeded:
                return False
        return True

    with ThreadPoolExecutor(100) as pool:
        made = [future.result() for future in [pool.submit(run) for _ in range(100)]]
    assert sum(made) == len(openai_server.requests) == 10


def test_a_thread_in_a_copy_of_the_context_is_under_the_same_run(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", calls=1, on_exceed="raise"), ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, ask, openai_client).result()
        with pytest.raises(telltale.BudgetExceeded):
            ask(openai_client)


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


def test_tokens_are_known_after_the_answer(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("b", tokens=50, on_exceed="raise") as run:
        ask(openai_client)
        assert run.spent.tokens == 47
        ask(openai_client)
        with pytest.raises(telltale.BudgetExceeded, match="94 of 50 tokens are spent"):
            ask(openai_client)


def test_the_longest_answer_is_reserved_while_a_call_is_under_way(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("Par", "is.")
    openai_server.chat()
    with telltale.budget("b", tokens=100, on_exceed="raise"):
        stream = ask(openai_client, stream=True, max_completion_tokens=60)
        with pytest.raises(telltale.BudgetExceeded, match="60 of 100 tokens"):
            ask(openai_client, max_completion_tokens=60)
        with pytest.raises(telltale.BudgetExceeded):
            ask(openai_client, max_completion_tokens=30, n=2)
        list(stream)  # used 47 of them
        ask(openai_client, max_completion_tokens=53)


def test_embeddings_are_calls_too(openai_client: Any, openai_server: Any) -> None:
    openai_server.embeddings([0.5])
    with telltale.budget("b", calls=1, tokens=1000, on_exceed="raise") as run:
        openai_client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
        assert (run.spent.tokens, run.spent.uncounted) == (13, 0)
        with pytest.raises(telltale.BudgetExceeded):
            openai_client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")


def test_a_failed_call_is_a_call_that_costs_nothing(openai_client: Any, openai_server: Any, warnings: Any) -> None:
    openai_server.fails(429)
    with telltale.budget("b", calls=1, usd=1, tokens=10, prices=PRICES, on_exceed="raise") as run:
        with pytest.raises(openai.RateLimitError):
            ask(openai_client)
        assert (run.spent.calls, run.spent.tokens, run.spent.usd, run.spent.uncounted) == (1, 0, 0, 0)
        with pytest.raises(telltale.BudgetExceeded, match="1 of 1 calls"):
            ask(openai_client)
    assert warnings() == []
