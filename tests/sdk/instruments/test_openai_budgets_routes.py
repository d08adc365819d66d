"""Budgets that warn, or send calls to a cheaper model, once they are spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from budgeted_calls import ask, asked_models

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

# Budgets hold for what is traced.
pytestmark = pytest.mark.usefixtures("own_accounts", "captured")


def test_a_warning_is_given_once_and_the_calls_go_on(
    captured: Captured, openai_client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", calls=1):
        for _ in range(3):
            ask(openai_client)
    assert warnings() == ["budget 'b': 1 of 1 calls are spent in this run; the calls go on"]
    said = [span["attributes"].get("telltale.budget.exceeded") for span in captured.spans]
    assert said == [None, ["b"], ["b"]]
    assert captured.spans[0]["attributes"]["telltale.budget.names"] == ["b"]


def test_calls_go_to_the_cheaper_model_once_the_budget_is_spent(
    captured: Captured, openai_client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", calls=1, on_exceed="route", route={"gpt-5": "gpt-5-mini"}):
        for _ in range(3):
            ask(openai_client, "gpt-5")
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


def test_a_model_without_a_route_goes_on_with_a_warning(openai_client: Any, openai_server: Any, warnings: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", calls=0, on_exceed="route", route={"gpt-5": "gpt-5-mini"}):
        ask(openai_client, "o3")
    assert asked_models(openai_server) == ["o3"]
    assert warnings() == ["budget 'b': 0 of 0 calls are spent in this run; the calls go on"]
