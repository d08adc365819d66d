"""Sessions and users in a real browser."""

import pytest
from playwright.sync_api import expect
from rag_trace import RagTrace
from watched_page import WatchedPage

pytestmark = pytest.mark.browser

FIRST = RagTrace(age_s=300)
SECOND = RagTrace(question="And the old one?", answer="Revoke it.", age_s=200, verdict="block")
OTHER = RagTrace(user="ben-with-a-long-name@mail.example.com", question="What is the refund policy?", age_s=400)


def test_the_keyboard_leads_from_the_sessions_into_a_turn_and_back(ui: WatchedPage) -> None:
    ui.send(FIRST, SECOND, OTHER)
    page = ui.open("/traces")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    page.wait_for_load_state()  # keys are heard from then on
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{ui.collector.url}/traces/{SECOND.trace_id}")
    page.wait_for_load_state()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{ui.collector.url}/sessions/session-ann")
    page.wait_for_load_state()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_where_it_went_wrong_is_one_click_away(ui: WatchedPage) -> None:
    ui.send(FIRST, SECOND)
    page = ui.open("/sessions/session-ann")
    page.get_by_role("link", name="blocked in turn 2").click()
    assert page.url.endswith("#turn-2")
    expect(page.locator(".turn:target")).to_contain_text("And the old one?")
    ui.shoot("session-light")


def test_users_are_sorted_by_a_click_and_lead_to_their_sessions(ui: WatchedPage) -> None:
    ui.send(FIRST, SECOND, OTHER)
    page = ui.open("/users")
    page.get_by_role("link", name="Calls").click()
    expect(page.locator("th[aria-sort]")).to_contain_text("Calls")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="session-ann", exact=True).click()
    expect(page.locator(".turn")).to_have_count(2)


@pytest.mark.parametrize("path", ["/sessions", "/sessions/session-ann", "/users", "/users/ann"])
def test_a_narrow_window_needs_no_scroll_to_the_side(ui: WatchedPage, path: str) -> None:
    ui.send(FIRST, SECOND, OTHER)
    ui.page.set_viewport_size({"width": 420, "height": 800})
    page = ui.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
