"""Budgets on the engine: what is spent of them, and when their windows begin and end."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import otlp
import pytest
from embedded_store import Store

from telltale_collector.errors import NotFound
from telltale_collector.model import Amounts, Budget, BudgetFilter, BudgetStatus
from telltale_collector.store.budgets import Budgets, window_of
from telltale_collector.store.client import Client

NOW = time.time_ns()
CALL_USD = Decimal("0.00021")
"""1,000 tokens in at 0.15 and 100 out at 0.60 dollars a million."""

DAY = Budget(
    name="day",
    filter=BudgetFilter(),
    limit=Amounts(usd=Decimal("0.001"), calls=10, tokens=10_000),
    window="rolling",
    window_s=3600,
    action="warn",
    route={},
)


class Kept:
    """A project with its budgets."""

    def __init__(self, client: Client, project: str) -> None:
        self.project = project
        self.store = Store(client, project)
        self.budgets = Budgets(client, self.store.reader)

    def status(self, budget: Budget = DAY, **about: str) -> BudgetStatus:
        asked = replace(budget, filter=BudgetFilter(**about))
        return self.budgets.status(self.project, asked, time.time_ns())


@pytest.fixture
def kept(client: Client, project: str) -> Kept:
    return Kept(client, project)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def test_a_call_that_is_still_running_is_a_call_and_no_uncounted_one(kept: Kept) -> None:
    running = otlp.llm_span(start=NOW - 60_000_000_000)
    running["attributes"] = {k: v for k, v in running["attributes"].items() if "usage" not in k}
    running["attributes"]["telltale.open"] = True
    kept.store.add(running)
    status = kept.status()
    assert (status.spent.calls, status.uncounted_calls, status.unpriced_calls) == (1, 0, 0)


def test_who_asks_at_the_same_time_gets_one_answer(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.budgets.put(kept.project, DAY)
    worked_out = []
    status = kept.budgets.status
    monkeypatch.setattr(kept.budgets, "status", lambda *given: worked_out.append(1) or status(*given))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.budgets.statuses(kept.project, NOW), range(16)))
    assert found == [found[0]] * 16
    assert len(worked_out) == 1


def test_calls_tokens_and_dollars_are_added_up_within_the_window(kept: Kept) -> None:
    kept.store.add(*(otlp.llm_span(start=NOW - 60_000_000_000) for _ in range(3)))
    kept.store.add(otlp.llm_span(start=NOW - 3601 * 1_000_000_000), otlp.span("tool"))
    status = kept.status()
    assert status.spent == Amounts(usd=3 * CALL_USD, calls=3, tokens=3300)
    assert status.remaining == Amounts(usd=DAY.limit.usd - 3 * CALL_USD, calls=7, tokens=6700)
    assert not status.exceeded
    assert status.resets_at_ns is None


def test_a_budget_is_exceeded_once_a_limit_is_reached(kept: Kept) -> None:
    kept.store.add(otlp.llm_span(), otlp.llm_span())
    assert not kept.status(replace(DAY, limit=Amounts(calls=3))).exceeded
    reached = kept.status(replace(DAY, limit=Amounts(calls=2, tokens=10**9)))
    assert reached.exceeded
    assert reached.remaining == Amounts(usd=None, calls=0, tokens=10**9 - 2200)
    assert kept.status(replace(DAY, limit=Amounts(usd=2 * CALL_USD))).exceeded


def test_a_budget_of_nothing_is_exceeded_from_the_start(kept: Kept) -> None:
    assert kept.status(replace(DAY, limit=Amounts(usd=Decimal(0)))).exceeded


def test_a_call_without_a_price_is_no_call_for_nothing(kept: Kept) -> None:
    kept.store.add(otlp.llm_span(attributes={"gen_ai.request.model": "homemade", "gen_ai.response.model": "homemade"}))
    unpriced = kept.status()
    assert (unpriced.spent.usd, unpriced.spent.calls, unpriced.unpriced_calls) == (None, 1, 1)
    kept.store.add(otlp.llm_span())
    assert (kept.status().spent.usd, kept.status().unpriced_calls) == (CALL_USD, 1)


def test_what_the_collector_counted_itself_is_told_apart(kept: Kept) -> None:
    unknown = {"gen_ai.usage.input_tokens": None, "gen_ai.usage.output_tokens": None}
    counted = otlp.llm_span(attributes=unknown)
    counted["attributes"] = {key: value for key, value in counted["attributes"].items() if value is not None}
    kept.store.add(counted, otlp.llm_span())
    status = kept.status()
    assert status.estimated.calls == 1
    assert 0 < status.estimated.tokens < 100
    assert 0 < status.estimated.usd < status.spent.usd
    assert status.uncounted_calls == 0


@pytest.mark.parametrize(
    "about",
    [
        {"service": "shop"},
        {"environment": "prod"},
        {"user_id": "ann"},
        {"session_id": "s1"},
        {"model": "gpt-4o"},
        {"prompt_name": "greet"},
        {"tag": "beta"},
    ],
    ids=lambda about: next(iter(about)),
)
def test_a_budget_is_about_the_calls_that_its_filter_names(kept: Kept, about: dict[str, str]) -> None:
    named = {
        "user.id": "ann",
        "session.id": "s1",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.prompt.name": "greet",
        "telltale.tags": ["beta", "new"],
    }
    resource = {"service.name": "shop", "deployment.environment.name": "prod"}
    kept.store.add(otlp.llm_span(attributes=named), resource=resource)
    kept.store.add(otlp.llm_span())
    assert kept.status(**about).spent.calls == 1
    assert kept.status(**dict.fromkeys(about, "nobody")).spent == Amounts(usd=Decimal(0), calls=0, tokens=0)


@pytest.mark.parametrize(
    ("window", "since", "until"),
    [
        ("hour", "2026-12-31T23:00:00", "2027-01-01T00:00:00"),
        ("day", "2026-12-31T00:00:00", "2027-01-01T00:00:00"),
        ("month", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
    ],
)
def test_calendar_windows_are_those_of_utc(window: str, since: str, until: str) -> None:
    times = window_of(replace(DAY, window=window), at("2026-12-31T23:59:59"))
    assert times == (at(since), at(until))


@pytest.mark.parametrize(("month", "after"), [("2028-02", "2028-03"), ("2026-01", "2026-02"), ("2026-11", "2026-12")])
def test_a_month_ends_where_the_next_one_begins(month: str, after: str) -> None:
    times = window_of(replace(DAY, window="month"), at(f"{month}-28T12:00:00"))
    assert times == (at(f"{month}-01T00:00:00"), at(f"{after}-01T00:00:00"))


def test_a_budget_comes_back_as_it_was_made(kept: Kept) -> None:
    made = replace(
        DAY,
        filter=BudgetFilter(user_id="O'Brien\\", tag="ü"),
        limit=Amounts(usd=Decimal("999999999999.000000000001")),
        action="route",
        route={"gpt-4o": "gpt-4o-mini"},
    )
    kept.budgets.put(kept.project, made)
    assert kept.budgets.one(kept.project, "day") == made
    assert kept.budgets.all(kept.project) == [made]
    assert kept.budgets.all("another") == []


def test_the_same_name_replaces_and_a_removed_one_is_gone(kept: Kept) -> None:
    kept.budgets.put(kept.project, DAY)
    kept.budgets.put(kept.project, replace(DAY, action="raise"))
    assert [budget.action for budget in kept.budgets.all(kept.project)] == ["raise"]
    kept.budgets.remove(kept.project, "day")
    assert kept.budgets.all(kept.project) == []
    with pytest.raises(NotFound, match="there is no budget 'day'"):
        kept.budgets.remove(kept.project, "day")
    kept.budgets.put(kept.project, DAY)
    assert kept.budgets.all(kept.project) == [DAY]


def test_the_last_change_holds_where_the_clock_was_set_back(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.budgets.put(kept.project, DAY)
    monkeypatch.setattr("telltale_collector.store.budgets.time.time_ns", lambda: NOW - 3600 * 10**9)
    kept.budgets.put(kept.project, replace(DAY, action="raise"))
    assert kept.budgets.one(kept.project, "day").action == "raise"
    kept.budgets.remove(kept.project, "day")
    assert kept.budgets.all(kept.project) == []
    kept.budgets.put(kept.project, DAY)
    assert kept.budgets.all(kept.project) == [DAY]


def test_each_change_holds_where_the_clock_stands(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_collector.store.budgets.time.time_ns", lambda: NOW)
    for calls in (1, 2, 3):
        kept.budgets.put(kept.project, replace(DAY, limit=Amounts(calls=calls)))
        assert kept.budgets.one(kept.project, "day").limit.calls == calls


def test_the_list_is_of_a_moment_ago_and_a_changed_budget_is_seen_at_once(kept: Kept) -> None:
    kept.budgets.put(kept.project, DAY)
    assert [status.spent.calls for status in kept.budgets.statuses(kept.project, NOW)] == [0]
    kept.store.add(otlp.llm_span(start=NOW - 1))
    assert [status.spent.calls for status in kept.budgets.statuses(kept.project, NOW)] == [0]
    assert [status.spent.calls for status in kept.budgets.statuses(kept.project, NOW + 3600 * 10**9 // 2)] == [1]
    kept.budgets.put(kept.project, replace(DAY, limit=Amounts(calls=1)))
    assert [status.exceeded for status in kept.budgets.statuses(kept.project, NOW + 3600 * 10**9 // 2)] == [True]
