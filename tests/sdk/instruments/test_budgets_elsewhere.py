"""Budgets around other libraries than OpenAI's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from langchain_core.tools import tool

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "Capital?"}]}


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
