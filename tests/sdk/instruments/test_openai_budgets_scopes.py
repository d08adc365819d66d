"""Budgets inside one another, of each user and session, and of a window that rolls on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from budgeted_calls import ask, asked_models

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

# Budgets hold for what is traced.
pytestmark = pytest.mark.usefixtures("own_accounts", "captured")


def test_budgets_inside_one_another_all_hold_and_a_refused_call_is_taken_from_none(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    for _ in range(3):
        openai_server.chat()
    with telltale.budget("outer", calls=3, on_exceed="raise") as outer:
        with telltale.budget("inner", calls=2, on_exceed="raise"):
            ask(openai_client)
            ask(openai_client)
            with pytest.raises(telltale.BudgetExceeded, match="inner"):
                ask(openai_client)
        assert outer.spent.calls == 2
        with telltale.budget("inner", calls=2, on_exceed="raise"):
            ask(openai_client)
            with pytest.raises(telltale.BudgetExceeded, match="outer"):
                ask(openai_client)
    assert captured.spans[0]["attributes"]["telltale.budget.names"] == ["outer", "inner"]


def test_a_route_of_one_budget_is_judged_by_the_others(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with (
        telltale.budget("stop", calls=1, on_exceed="raise"),
        telltale.budget("save", calls=0, on_exceed="route", route={"gpt-5": "gpt-5-mini"}),
    ):
        ask(openai_client, "gpt-5")
        with pytest.raises(telltale.BudgetExceeded, match="stop"):
            ask(openai_client, "gpt-5")
    assert asked_models(openai_server) == ["gpt-5-mini"]


def test_an_account_that_is_entered_twice_is_charged_once(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    shared = telltale.budget("b", calls=5, scope="service")
    with shared as run, shared:
        ask(openai_client)
    assert run.spent.calls == 1


def test_an_account_of_each_user_and_each_session(openai_client: Any, openai_server: Any) -> None:
    for _ in range(4):
        openai_server.chat()
    by_user = telltale.budget("u", calls=1, scope="user", on_exceed="raise")
    by_session = telltale.budget("s", calls=1, scope="session", on_exceed="raise")
    for user in ("ann", "bob"):
        with by_user, telltale.context(user_id=user):
            ask(openai_client)
        with by_user, telltale.context(user_id=user), pytest.raises(telltale.BudgetExceeded, match="by this user"):
            ask(openai_client)
    for session in ("s1", "s2"):
        with telltale.context(session_id=session), by_session:
            ask(openai_client)
            with pytest.raises(telltale.BudgetExceeded, match="in this session"):
                ask(openai_client)


def test_a_window_rolls_on_with_the_clock(
    openai_client: Any, openai_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        openai_server.chat()
    now = [10**18]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    hourly = telltale.budget("b", calls=2, window_s=3600, scope="service", on_exceed="raise")
    with hourly:
        ask(openai_client)
        now[0] += 1800 * 10**9
        ask(openai_client)
        now[0] += 1799 * 10**9
        with pytest.raises(telltale.BudgetExceeded, match="2 of 2 calls are spent here within 3600 s"):
            ask(openai_client)
        now[0] += 61 * 10**9  # the first call has left, with the step of a window's 64th part
        ask(openai_client)
        with pytest.raises(telltale.BudgetExceeded):
            ask(openai_client)
