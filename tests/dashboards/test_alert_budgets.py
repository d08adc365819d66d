"""Rules about budgets: which calls of which time count, each span as it came last."""

from decimal import Decimal

import pytest
from alert_traffic import HOUR, MINUTE, NOW, SECOND, AlertTraffic
from asked_rules import RULES, ask

from telltale_collector.model import Amounts, BudgetFilter
from telltale_collector.store.budgets import Budgets
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, 0.2),
        ({"service": "shop"}, 0.1),
        ({"service": "desk", "model": "gpt-4o-mini"}, 0.1),
        ({"model": "claude-haiku-4-5"}, 0.1),
        ({"user_id": "u1"}, 0.1),
        ({"session_id": "s1"}, 0.1),
        ({"tag": "beta"}, 0.1),
        ({"tag": "beta", "user_id": "nobody"}, None),
        ({"environment": "staging"}, None),
        ({"prompt_name": "answer", "environment": "production"}, 0.2),
    ],
)
def test_a_budget_counts_the_calls_that_it_is_about(
    client: Client, project: str, about: dict[str, str], expected: float | None
) -> None:
    traffic = AlertTraffic(client, project)
    shop = {"user_id": "'u1'", "session_id": "'s1'", "tags": "['beta', 'x']"}
    desk = {"user_id": "'u2'", "session_id": "'s2'", "service": "'desk'", "response_model": "'claude-haiku-4-5'"}
    for columns in (shop, desk):
        traffic.calls(NOW - HOUR, MINUTE, 10, **columns)
    traffic.calls(NOW - HOUR, MINUTE, 10, duplicate_of="'other'")
    traffic.budget("b", Amounts(usd=Decimal("0.1")), "rolling", window_s=7200, filter=BudgetFilter(**about))
    rows = ask(client, project, RULES["budget-50"], NOW)
    assert rows == ([] if expected is None else [{"budget": "b", "value": pytest.approx(expected)}])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Amounts(calls=20), 0.5),
        (Amounts(usd=Decimal(1), calls=40, tokens=1_000_000), 0.25),
        (Amounts(calls=0), 1.0),
        (Amounts(usd=Decimal(0)), 1.0),
    ],
)
def test_of_several_limits_the_nearest_counts(client: Client, project: str, limit: Amounts, expected: float) -> None:
    traffic = AlertTraffic(client, project)
    traffic.calls(NOW - 5 * MINUTE, SECOND, 10)
    traffic.budget("b", limit, "hour")
    assert ask(client, project, RULES["budget-50"], NOW) == [{"budget": "b", "value": pytest.approx(expected)}]


@pytest.mark.parametrize(("window", "hours"), [("hour", 0), ("day", 15), ("month", 17 * 24 + 15)])
def test_a_budget_counts_from_the_start_of_its_window(client: Client, project: str, window: str, hours: int) -> None:
    traffic = AlertTraffic(client, project)
    begins = NOW // HOUR * HOUR - hours * HOUR
    traffic.calls(begins - 10 * SECOND, 5 * SECOND, 4)
    traffic.budget("b", Amounts(calls=4), window)
    assert ask(client, project, RULES["budget-50"], begins + 59 * SECOND) == [{"budget": "b", "value": 0.5}]


@pytest.mark.parametrize("about", [{}, {"user_id": "u1"}])
def test_a_budget_counts_a_span_that_came_again_as_it_came_last(
    client: Client, project: str, about: dict[str, str]
) -> None:
    traffic = AlertTraffic(client, project)
    same = {"trace_id": "hex(number)", "span_id": "hex(number)", "user_id": "'u1'"}
    first = {"received_at": "start_time", "is_open": "true", "cost_usd": "NULL"}
    traffic.calls(NOW - 5 * MINUTE, SECOND, 10, **same, **first)
    traffic.budget("b", Amounts(calls=10), "hour", filter=BudgetFilter(**about))
    assert ask(client, project, RULES["budget-50"], NOW) == []
    traffic.calls(NOW - 5 * MINUTE, SECOND, 10, **same)
    assert ask(client, project, RULES["budget-50"], NOW) == [{"budget": "b", "value": 1.0}]
    later = {"received_at": "end_time + toIntervalMinute(1)", "duplicate_of": "'other'"}
    traffic.calls(NOW - 5 * MINUTE, SECOND, 4, **same, **later)
    assert ask(client, project, RULES["budget-50"], NOW) == [{"budget": "b", "value": 0.6}]


@pytest.mark.parametrize("key", ["user_id", "session_id", "tag"])
def test_a_span_that_came_again_with_another_name_counts_for_that_alone(client: Client, project: str, key: str) -> None:
    traffic, budgets = AlertTraffic(client, project), Budgets(client, Reader(client))
    column, value = ("tags", "['{}']") if key == "tag" else (key, "'{}'")
    same = {"trace_id": "hex(number)", "span_id": "hex(number)"}
    traffic.calls(NOW - 5 * MINUTE, SECOND, 10, **same, **{column: value.format("old")})
    again = {"received_at": "end_time + toIntervalMinute(1)", column: value.format("new")}
    traffic.calls(NOW - 5 * MINUTE, SECOND, 4, **same, **again)
    for name in ("old", "new"):
        traffic.budget(name, Amounts(calls=10), "hour", filter=BudgetFilter(**{key: name}))
    status = {name: budgets.status(project, budgets.one(project, name), NOW).spent.calls for name in ("old", "new")}
    assert status == {"old": 6, "new": 4}
    found = {row["budget"]: row["value"] for row in ask(client, project, RULES["budget-50"], NOW)}
    assert found == {name: calls / 10 for name, calls in status.items()}
