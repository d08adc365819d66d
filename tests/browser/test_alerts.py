"""The alerts in a real browser."""

import re
from pathlib import Path

import pytest
from alert_inbox import Inbox
from collector_process import CollectorProcess
from failing_calls import fail, written
from playwright.sync_api import expect
from watched_page import WatchedPage

pytestmark = pytest.mark.browser


@pytest.fixture
def with_rule(own_collector: CollectorProcess, tmp_path: Path) -> CollectorProcess:
    """Before the browser: its collector has a rule of ten seconds, and may tell loopback."""
    own_collector.give("--alert-rules", str(written(tmp_path / "rules.yaml")), "--alert-networks", "127.0.0.0/8")
    return own_collector


@pytest.fixture
def firing(with_rule: CollectorProcess, ui: WatchedPage) -> WatchedPage:
    fail(with_rule)
    with_rule.wait_for(lambda: with_rule.get("/api/v1/alerts")["alerts"], 60, "the alert to fire")
    return ui


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_alerts_fit_a_wide_and_a_narrow_window(firing: WatchedPage, scheme: str) -> None:
    page = firing.page
    page.emulate_media(color_scheme=scheme)
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        for path, name in (("/alerts", "alerts"), ("/alerts/rules/checkout-fails", "alert-rule")):
            firing.open(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            firing.shoot(f"{name}-{scheme}-{width}")


def test_an_alert_is_known_and_silenced_with_the_keyboard_alone(firing: WatchedPage) -> None:
    page = firing.open("/traces")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/alerts")
    alert = page.get_by_role("list", name="Firing").get_by_role("listitem")
    expect(alert).to_contain_text("The checkout's calls fail")
    page.keyboard.press("j")
    expect(alert).to_be_focused()
    page.keyboard.press("a")
    expect(alert).to_contain_text("somebody knows")
    page.get_by_label("Silence The checkout's calls fail").select_option("3600")
    expect(alert).to_contain_text("silenced")
    expect(page.locator("#silences")).to_contain_text("rule = checkout-fails")
    page.get_by_role("button", name="End").click()
    expect(alert).not_to_contain_text("silenced")


def test_a_receiver_is_added_tried_and_removed(with_rule: CollectorProcess, ui: WatchedPage) -> None:
    inbox = Inbox()
    try:
        page = ui.open("/alerts")
        page.get_by_label("Name").fill("on-call")
        page.get_by_label("By", exact=True).select_option("webhook")
        page.get_by_label("Address").fill(f"{inbox.url}/hook")
        page.get_by_role("button", name="Add receiver").click()
        row = page.get_by_role("row").filter(has_text="on-call")
        expect(row).to_contain_text("webhook")
        row.get_by_role("button", name="Try").click()
        assert inbox.next().json["alerts"][0]["labels"]["alertname"] == "TelltaleTest"
        expect(page.get_by_role("alert")).to_contain_text("took the test message")
        row.get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)
    finally:
        inbox.close()
    assert with_rule.get("/api/v1/alerts/receivers")["receivers"] == []


def test_an_alert_appears_and_goes_without_a_reload(with_rule: CollectorProcess, ui: WatchedPage) -> None:
    page = ui.open("/alerts")
    expect(page.get_by_text("Nothing fires.")).to_be_visible()
    fail(with_rule)
    expect(page.get_by_role("list", name="Firing")).to_contain_text("The checkout's calls fail", timeout=60_000)
    expect(page).to_have_title(re.compile(r"^\(1\) Alerts"))
