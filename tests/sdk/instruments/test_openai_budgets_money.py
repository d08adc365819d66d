"""Budgets in dollars: exact where prices are given, and told of where they are not."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from typing import TYPE_CHECKING, Any

import pytest
from budgeted_calls import CALL_USD, PRICES, ask

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

# Budgets hold for what is traced.
pytestmark = pytest.mark.usefixtures("own_accounts", "captured")


def test_dollars_are_exact_where_prices_are_given(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    with telltale.budget("b", usd=2 * CALL_USD, prices=PRICES, on_exceed="raise") as run:
        ask(openai_client)
        assert run.spent.usd == CALL_USD
        ask(openai_client)
        with pytest.raises(telltale.BudgetExceeded) as refused:
            ask(openai_client)
    assert (refused.value.measure, refused.value.spent) == ("usd", 2 * CALL_USD)


def test_cached_tokens_cost_what_the_price_says_of_them(openai_client: Any, openai_server: Any) -> None:
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
        ask(openai_client)
    assert run.spent.usd == (200 * Decimal("0.25") + 800 * Decimal("0.025")) / 10**6


def test_a_model_without_a_price_costs_an_unknown_amount_which_is_said_once(
    captured: Captured, openai_client: Any, openai_server: Any, warnings: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("b", usd=0.01, on_exceed="raise") as run:
        for _ in range(3):
            ask(openai_client)
    assert (run.spent.calls, run.spent.usd, run.spent.unpriced) == (3, 0, 3)
    (said,) = warnings()
    assert said.startswith("budget 'b': what it costs is not known of the model 'gpt-5-mini'; it counts as a call only")
    unheld = captured.spans[0]["attributes"]["telltale.budget.unheld"]
    assert unheld == ["b: no Telltale collector to ask: call telltale.init() first"]


def test_a_model_without_a_price_can_be_blocked(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with telltale.budget("b", usd=1, on_unknown="block", on_exceed="raise"):
        ask(openai_client)
        with pytest.raises(telltale.BudgetExceeded, match="what 'gpt-5-mini' costs or uses is not known") as refused:
            ask(openai_client)
    assert refused.value.measure == "unknown"


def test_a_stream_that_tells_no_tokens_is_not_taken_for_none(
    openai_client: Any, openai_server: Any, warnings: Any
) -> None:
    openai_server.chat_stream("Paris.", usage=False)
    with telltale.budget("b", tokens=100, usd=1, prices=PRICES) as run:
        list(ask(openai_client, stream=True))
    assert (run.spent.tokens, run.spent.uncounted, run.spent.unpriced) == (0, 1, 1)
    assert "how many tokens its calls use is not known" in warnings()[0]


def test_the_decimal_context_of_the_application_changes_no_sum(openai_client: Any, openai_server: Any) -> None:
    third = "0.333333333"
    prices = {"gpt-5-mini": {"input_usd_per_mtok": third, "output_usd_per_mtok": third}}
    with localcontext(Context(prec=2, traps=[Inexact])), telltale.budget("b", usd=1, prices=prices) as run:
        for _ in range(3):
            openai_server.chat()
            ask(openai_client, max_completion_tokens=777)
        spent = run.spent
    assert spent.usd == 3 * 47 * Decimal(third) / 10**6
    assert (spent.unpriced, spent.tokens) == (0, 3 * 47)
