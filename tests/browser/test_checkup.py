"""The checkup in a real browser."""

import otlp
import pytest
from playwright.sync_api import Page, expect
from watched_page import WatchedPage

pytestmark = pytest.mark.browser


def send(ui: WatchedPage, *models: str) -> None:
    for model in models:
        attributes = {"gen_ai.request.model": model, "gen_ai.response.model": model}
        assert ui.collector.send(otlp.traces_body(otlp.llm_span(attributes=attributes))).status_code == 200
    ui.collector.settle()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.closest('details')?.id ?? ''")


def test_faults_are_reached_opened_and_closed_with_the_keyboard_alone(ui: WatchedPage) -> None:
    send(ui, "home-made", "gpt-4o-mini")
    page = ui.open("/checkup")
    unpriced, unlimited = page.locator("#unpriced_models"), page.locator("#missing_max_tokens")
    expect(unpriced.locator(".mend")).to_be_visible()
    expect(unlimited.locator(".mend").first).to_be_hidden()
    page.keyboard.press("j")
    assert focused(page) == "unpriced_models"
    page.keyboard.press("j")
    assert focused(page) == "missing_max_tokens"
    page.keyboard.press("Enter")
    expect(unlimited.locator(".mend").first).to_be_visible()
    page.keyboard.press("k")
    assert focused(page) == "unpriced_models"
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    expect(unpriced.locator(".mend")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next, previous fault")


def test_the_line_that_mends_is_copied_as_it_stands(ui: WatchedPage) -> None:
    send(ui, "home-made")
    ui.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = ui.open("/checkup")
    page.locator("#unpriced_models").get_by_label("Copy this line").click()
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('  - {model: "home-made", provider: "openai", input_usd_per_mtok: PRICE')


def test_a_fault_can_be_linked_to(ui: WatchedPage) -> None:
    send(ui, "home-made")
    page = ui.open("/checkup#missing_max_tokens")
    expect(page.locator("#missing_max_tokens .mend")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checkup_fits_a_wide_and_a_narrow_window(ui: WatchedPage, scheme: str) -> None:
    page = ui.page
    page.emulate_media(color_scheme=scheme)
    ui.open("/checkup")
    expect(page.get_by_role("heading", name="Nothing to look at yet")).to_be_visible()
    send(ui, "a-model-whose-name-is-much-longer-than-any-column-that-could-hold-it-v2-instruct-fp8")
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        ui.open("/checkup")
        page.keyboard.press("o")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ui.shoot(f"checkup-{scheme}-{width}")
