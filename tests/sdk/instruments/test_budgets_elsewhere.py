"""Budgets around other libraries than OpenAI's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from fake_anthropic import text
from google.genai import types
from langchain_core.tools import tool

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "Capital?"}]}
CHEAPER: Any = {"on_exceed": "route", "route": {"claude-sonnet-4-6": "claude-haiku-4-5"}}


@pytest.mark.usefixtures("captured")
def test_anthropics_messages_are_under_budgets(anthropic_server: Any) -> None:
    anthropic_server.message()
    with (
        anthropic.Anthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as client,
        telltale.budget("b", tokens=127, on_exceed="raise") as run,
    ):
        client.messages.create(**ASK)
        assert run.spent.tokens > 0
        with pytest.raises(telltale.BudgetExceeded, match="of 127 tokens"):
            client.messages.create(**{**ASK, "max_tokens": 128 - run.spent.tokens})


@pytest.mark.parametrize("is_beta", [False, True], ids=["", "beta"])
def test_anthropics_stream_helper_asks_the_cheaper_model(
    captured: Captured, anthropic_server: Any, anthropic_client: Any, is_beta: bool
) -> None:
    anthropic_server.stream(text("Paris."))
    client = anthropic_client.beta if is_beta else anthropic_client
    with (
        telltale.budget("b", calls=0, **CHEAPER),
        client.messages.stream(**{**ASK, "messages": iter(ASK["messages"])}) as stream,
    ):
        assert stream.get_final_text() == "Paris."
    (sent,) = [body for _, body in anthropic_server.requests]
    assert (sent["model"], sent["messages"]) == ("claude-haiku-4-5", ASK["messages"])
    assert captured.spans[0]["attributes"]["gen_ai.request.model"] == sent["model"]


@pytest.mark.usefixtures("captured")
def test_anthropics_async_stream_helper_asks_the_cheaper_model(anthropic_server: Any) -> None:
    anthropic_server.stream(text("Paris."))

    async def main() -> str:
        async with anthropic.AsyncAnthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as client:
            with telltale.budget("b", calls=0, **CHEAPER):
                async with client.messages.stream(**ASK) as stream:
                    return await stream.get_final_text()

    assert asyncio.run(main()) == "Paris."
    assert [body["model"] for _, body in anthropic_server.requests] == ["claude-haiku-4-5"]


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("wraps", [dict, types.GenerateContentConfig], ids=["dict", "object"])
def test_googles_longest_answers_are_reserved(gemini_server: Any, gemini_client: Any, wraps: Any) -> None:
    gemini_server.content()
    config = wraps(max_output_tokens=60, candidate_count=2)
    ask = {"model": "models/gemini-2.5-flash", "contents": "Capital?"}
    with telltale.budget("b", tokens=119, on_exceed="raise"):
        with pytest.raises(telltale.BudgetExceeded, match="0 of 119 tokens"):
            gemini_client.models.generate_content(**ask, config=config)
        gemini_client.models.generate_content(**ask, config=wraps(max_output_tokens=59, candidate_count=2))
    with telltale.budget("b", calls=0, on_exceed="route", route={"gemini-2.5-flash": "gemini-2.5-flash-lite"}):
        gemini_server.content()
        gemini_client.models.generate_content(**ask)
    assert "gemini-2.5-flash-lite" in gemini_server.requests[-1][0]


def test_a_langchain_tool_that_repeats_itself_is_stopped(captured: Captured) -> None:
    used = []

    @tool
    def search(query: str) -> str:
        """Search."""
        used.append(query)
        return "nothing"

    with telltale.span("agent"), telltale.budget("loop", same_tool_calls=3, on_exceed="raise"):
        for _ in range(3):
            search.invoke({"query": "a"})
        with pytest.raises(telltale.BudgetExceeded, match="the tool 'search' was called 3 times"):
            search.invoke({"query": "a"})
        with telltale.span("after"):
            search.invoke({"query": "b"})
    assert used == ["a", "a", "a", "b"]
    searches = [span for span in captured.spans if span["name"] == "search"]
    assert [span["status"] for span in searches] == ["unset", "unset", "unset", "error", "unset"]
    assert captured.span("after")["parent_span_id"] == captured.span("agent")["span_id"]
