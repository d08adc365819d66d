"""Calls that end before their tokens are told: refused ones cost nothing, of the others nobody knows what they cost."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import openai
import pytest
from budgeted_calls import PRICES, QUESTION, ask

import telltale

if TYPE_CHECKING:
    from collections.abc import Callable

    from telltale._brakes import Run

# Budgets hold for what is traced.
pytestmark = pytest.mark.usefixtures("own_accounts", "captured")

SAID = "a call of the model 'gpt-5-mini' broke off before its tokens were told"


@pytest.fixture
def blocks_unknown() -> telltale.budget:
    return telltale.budget("b", tokens=10_000, usd=1, prices=PRICES, on_unknown="block", on_exceed="raise")


def sums(run: Run) -> tuple[int, int, int, int]:
    spent = run.spent
    return spent.calls, spent.tokens, spent.uncounted, spent.unpriced


def break_off(client: Any, server: Any) -> None:
    server.chat_stream("Par", usage=False, finish=None, breaks=True)
    with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
        list(ask(client, stream=True))


def leave(client: Any, server: Any) -> None:
    server.chat_stream("Par", "is.")
    with ask(client, stream=True) as stream:
        next(iter(stream))


def forget(client: Any, server: Any) -> None:
    server.chat_stream("Par", "is.")
    ask(client, stream=True)
    gc.collect()


def run_out_of_time(client: Any, server: Any) -> None:
    answered = threading.Event()
    server.chat_stream("Paris.", gates={-1: answered})
    with pytest.raises(openai.APITimeoutError):
        ask(client, stream=True, timeout=0.05)
    answered.set()


def fail_within(client: Any, server: Any) -> None:
    reply = server.chat_stream("Par", usage=False, finish=None)
    reply.events.append({"error": {"message": "overloaded", "code": 503}})
    with pytest.raises(openai.APIError):
        list(ask(client, stream=True))


@pytest.mark.parametrize("end", [break_off, leave, forget, run_out_of_time, fail_within], ids=lambda end: end.__name__)
def test_an_answer_that_broke_off_is_uncounted_and_blocks_no_other_call(
    openai_client: Any,
    openai_server: Any,
    warnings: Any,
    blocks_unknown: telltale.budget,
    end: Callable[[Any, Any], None],
) -> None:
    with blocks_unknown as run:
        end(openai_client, openai_server)
        assert sums(run) == (1, 0, 1, 1)
        openai_server.chat()
        ask(openai_client)
        assert sums(run) == (2, 47, 1, 1)
    (said,) = [text for text in warnings() if text.startswith("budget")]
    assert SAID in said


def test_a_call_that_is_cancelled_is_uncounted(openai_server: Any, blocks_unknown: telltale.budget) -> None:
    answered = threading.Event()
    openai_server.chat_stream("Paris.", gates={-1: answered})

    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as client:
            asked = asyncio.create_task(client.chat.completions.create(model="gpt-5-mini", messages=QUESTION))
            await asyncio.to_thread(openai_server.asked.wait, 10)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

    with blocks_unknown as run:
        asyncio.run(main())
        answered.set()
        assert sums(run) == (1, 0, 1, 1)


def test_what_is_told_before_an_answer_breaks_off_is_counted(
    openai_client: Any, openai_server: Any, blocks_unknown: telltale.budget
) -> None:
    openai_server.chat_stream("Par", "is.", finish=None, breaks=True)
    with blocks_unknown as run:
        with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
            list(ask(openai_client, stream=True))
        assert sums(run) == (1, 47, 0, 0)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_provider_that_cannot_be_reached_charges_nothing(
    dead_port: int, warnings: Any, blocks_unknown: telltale.budget, is_streamed: bool
) -> None:
    with (
        openai.OpenAI(base_url=f"http://127.0.0.1:{dead_port}", api_key="k", max_retries=0) as client,
        blocks_unknown as run,
    ):
        for _ in range(2):
            with pytest.raises(openai.APIConnectionError):
                ask(client, stream=is_streamed)
        assert sums(run) == (2, 0, 0, 0)
    assert warnings() == []


def test_a_timeout_is_not_taken_for_the_failure_to_connect_that_the_application_is_handling(
    dead_port: int, openai_client: Any, openai_server: Any, blocks_unknown: telltale.budget
) -> None:
    with (
        openai.OpenAI(base_url=f"http://127.0.0.1:{dead_port}", api_key="k", max_retries=0) as unreachable,
        blocks_unknown as run,
    ):
        try:
            ask(unreachable)
        except openai.APIConnectionError:
            run_out_of_time(openai_client, openai_server)
        assert sums(run) == (2, 0, 1, 1)
