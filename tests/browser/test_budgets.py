"""The budgets in a real browser."""

import otlp
import pytest
from playwright.sync_api import expect
from watched_page import WatchedPage

pytestmark = pytest.mark.browser


def make(ui: WatchedPage, name: str, **budget: object) -> None:
    assert ui.collector.client.post("/api/v1/budgets", json={"name": name, **budget}).status_code == 201


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_budgets_fit_a_wide_and_a_narrow_window(ui: WatchedPage, scheme: str) -> None:
    page = ui.page
    page.emulate_media(color_scheme=scheme)
    ui.open("/budgets")
    expect(page.get_by_role("heading", name="No budgets")).to_be_visible()
    unpriced = {"gen_ai.request.model": "homemade", "gen_ai.response.model": "homemade"}
    sent = otlp.traces_body(*(otlp.llm_span() for _ in range(9)), otlp.llm_span(attributes=unpriced))
    assert ui.collector.send(sent).status_code == 200
    ui.collector.settle()
    make(ui, "everything", limit={"usd": 0.0025, "calls": 1_000_000, "tokens": 12_000}, window="day", action="raise")
    make(ui, "a-name-as-long-as-a-name-may-be-for-all-the-budgets-of-this-shop", limit={"calls": 5})
    make(ui, "ann", filter={"user_id": "ann", "model": "gpt-4o"}, limit={"usd": 10}, window="rolling", window_s=3600)
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        ui.open("/budgets")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ui.shoot(f"budgets-{scheme}-{width}")


def test_a_budget_leads_to_its_traces_with_the_keyboard_alone(ui: WatchedPage) -> None:
    make(ui, "ann", filter={"user_id": "ann"}, limit={"calls": 5})
    page = ui.open("/budgets")
    expect(page.get_by_role("img", name="0 % spent")).to_be_visible()
    page.get_by_role("link", name="Traces of this window").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?user_id=ann&from=*")
