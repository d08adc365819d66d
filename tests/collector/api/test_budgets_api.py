"""``/api/v1/budgets`` and ``/api/v1/prices`` of a running collector."""

import json
import uuid
from decimal import Decimal

import httpx
import otlp
import pytest
from collector_process import CollectorProcess

USAGE = {"provider": "openai", "request_model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 100}


def name() -> str:
    return f"budget-{uuid.uuid4().hex[:8]}"


def post(collector: CollectorProcess, path: str = "budgets", **body: object) -> httpx.Response:
    return collector.client.post(f"/api/v1/{path}", json=body)


def test_a_budget_says_limit_spent_remaining_and_when_it_starts_anew(collector: CollectorProcess) -> None:
    user, called = uuid.uuid4().hex, name()
    made = post(collector, name=called, filter={"user_id": user}, limit={"usd": 0.0004, "calls": 5}, window="day")
    assert made.status_code == 201
    assert made.json() == collector.get(f"/api/v1/budgets/{called}")
    collector.send(otlp.traces_body(*(otlp.llm_span(attributes={"user.id": user}) for _ in range(2))))
    collector.settle()
    status = json.loads(collector.client.get(f"/api/v1/budgets/{called}").text, parse_float=Decimal)
    assert status["spent"] == {"usd": Decimal("0.00042"), "calls": 2, "tokens": 2200}
    assert status["remaining"] == {"usd": 0, "calls": 3, "tokens": None}
    assert (status["exceeded"], status["unpriced_calls"], status["uncounted_calls"]) == (True, 0, 0)
    assert status["resets_at_ns"] - status["since_ns"] == 86_400 * 10**9
    assert status["filter"]["user_id"] == user


def test_a_budget_is_listed_replaced_and_removed(collector: CollectorProcess) -> None:
    called = name()
    post(collector, name=called, limit={"tokens": 10})
    routed = {"action": "route", "route": {"gpt-4o": "gpt-4o-mini"}, "window": "rolling", "window_s": 60}
    assert post(collector, name=called, limit={"tokens": 20}, **routed).status_code == 201
    (found,) = [each for each in collector.get("/api/v1/budgets")["budgets"] if each["name"] == called]
    assert (found["limit"]["tokens"], found["window_s"], found["route"]) == (20, 60, {"gpt-4o": "gpt-4o-mini"})
    assert collector.client.delete(f"/api/v1/budgets/{called}").json() == {"removed": called}
    assert collector.client.delete(f"/api/v1/budgets/{called}").status_code == 404
    assert collector.client.get(f"/api/v1/budgets/{called}").json()["error"]["code"] == "not_found"


def test_budgets_outlive_the_collector(own_collector: CollectorProcess) -> None:
    own_collector.start()
    post(own_collector, name="kept", limit={"usd": "12.5"})
    own_collector.kill()
    own_collector.start()
    assert own_collector.get("/api/v1/budgets/kept")["limit"]["usd"] == 12.5


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "x", "limit": {}}, "a budget limits something"),
        ({"name": "x", "limit": {"usd": -1}}, "limit.usd"),
        ({"name": "x", "limit": {"usd": "NaN"}}, "limit.usd"),
        ({"name": "x", "limit": {"calls": 1.5}}, "limit.calls"),
        ({"name": "a/b", "limit": {"calls": 1}}, "name"),
        ({"name": "x", "limit": {"calls": 1}, "window": "rolling"}, "window_s"),
        ({"name": "x", "limit": {"calls": 1}, "window": "day", "window_s": 5}, "window_s"),
        ({"name": "x", "limit": {"calls": 1}, "action": "route"}, "route"),
        ({"name": "x", "limit": {"calls": 1}, "filter": {"color": "red"}}, "color"),
    ],
)
def test_what_is_no_budget_is_refused_with_the_reason(
    collector: CollectorProcess, body: dict[str, object], says: str
) -> None:
    refused = post(collector, **body)
    assert refused.status_code == 400
    assert says in refused.json()["error"]["message"]


def test_a_price_is_asked_for_with_token_counts(collector: CollectorProcess) -> None:
    unknown = {**USAGE, "request_model": "homemade"}
    half = {**USAGE, "output_tokens": None}
    cached = {**USAGE, "cache_read_tokens": 1000}
    answer = post(collector, "prices", usages=[USAGE, unknown, half, cached])
    costs = json.loads(answer.text, parse_float=Decimal)["costs"]
    assert [cost["cost_usd"] for cost in costs] == [Decimal("0.00021"), None, None, Decimal("0.000135")]
    assert costs[0]["price_id"]
    assert costs[1]["price_id"] is None


def test_a_price_is_not_asked_for_too_many_calls_at_once(collector: CollectorProcess) -> None:
    assert post(collector, "prices", usages=[USAGE] * 101).status_code == 400
