"""The budgets' page, served by a running collector."""

import re
import uuid

import otlp
import pytest
from collector_process import CollectorProcess
from html_text import text_of


def page(collector: CollectorProcess) -> str:
    answer = collector.client.get("/budgets", headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def make(collector: CollectorProcess, **budget: object) -> str:
    name = f"budget-{uuid.uuid4().hex[:8]}"
    assert collector.client.post("/api/v1/budgets", json={"name": name, **budget}).status_code == 201
    return name


def shown(collector: CollectorProcess, name: str) -> str:
    (found,) = [li for li in re.findall(r'<li class="fault budget".*?</li>', page(collector), re.DOTALL) if name in li]
    return found


@pytest.fixture
def user(collector: CollectorProcess) -> str:
    """Has made two calls with a price, and one without."""
    called = uuid.uuid4().hex
    unpriced = {"gen_ai.request.model": "homemade", "gen_ai.response.model": "homemade", "user.id": called}
    spans = [otlp.llm_span(attributes={"user.id": called}) for _ in range(2)] + [otlp.llm_span(attributes=unpriced)]
    collector.send(otlp.traces_body(*spans))
    collector.settle()
    return called


def test_a_budget_shows_what_is_spent_left_and_unknown(collector: CollectorProcess, user: str) -> None:
    limit = {"usd": 0.001, "calls": 4, "tokens": 10_000}
    found = shown(collector, make(collector, filter={"user_id": user}, limit=limit, window="day", action="raise"))
    text = text_of(found)
    for expected in (
        "today, stops calls",
        "$0.00042 of $0.001",
        "$0.00058 left",
        "3 of 4",
        "1 left",
        "3,300 of 10,000",
    ):
        assert expected in text
    assert "1 of 3 calls have no known price: the dollars leave them out" in text
    assert re.findall(r'aria-label="(\d+) % spent"', found) == ["42", "75", "33"]
    assert f"user_id={user}" in found
    assert "data-exceeded" not in found


def test_a_budget_that_is_exceeded_says_so_and_comes_first(collector: CollectorProcess, user: str) -> None:
    make(collector, limit={"calls": 10**9})
    name = make(collector, filter={"user_id": user}, limit={"calls": 2}, window="rolling", window_s=7200)
    found = shown(collector, name)
    assert "exceeded" in text_of(found)
    assert "the last 2 h 00 min, warns" in text_of(found)
    assert 'class="share is-over"' in found
    assert 'aria-label="150 % spent"' in found
    states = ["data-exceeded" in li for li in re.findall(r'<li class="fault budget"[^>]*>', page(collector))]
    assert states == sorted(states, reverse=True)


def test_spend_that_nobody_knows_is_not_shown_as_nothing(collector: CollectorProcess) -> None:
    called = uuid.uuid4().hex
    unpriced = {"gen_ai.request.model": "homemade", "gen_ai.response.model": "homemade", "user.id": called}
    collector.send(otlp.traces_body(otlp.llm_span(attributes=unpriced)))
    collector.settle()
    found = shown(collector, make(collector, filter={"user_id": called}, limit={"usd": 1}))
    assert "unpriced of $1.00" in text_of(found)
    assert 'aria-label="unknown share"' in found


def test_what_a_filter_holds_is_text(collector: CollectorProcess) -> None:
    found = shown(collector, make(collector, filter={"tag": "<script>alert(1)</script>"}, limit={"calls": 1}))
    assert "<script>" not in found
    assert "&lt;script&gt;" in found


def test_without_budgets_the_page_says_how_to_make_one(own_collector: CollectorProcess) -> None:
    own_collector.start()
    text = text_of(page(own_collector))
    assert "No budgets" in text
    assert f"curl -X POST {own_collector.url}/api/v1/budgets" in text
