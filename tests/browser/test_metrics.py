"""The metrics page in a real browser."""

import time

import pytest
from metric_traffic import at, counter, histogram, measured, metrics_body
from playwright.sync_api import expect
from watched_page import WatchedPage

pytestmark = pytest.mark.browser

NOW = time.time()
BOUNDS = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
DURATION, REQUESTS = "gen_ai.client.operation.duration", "gen_ai.total.requests"


def send(ui: WatchedPage) -> None:
    durations = [
        at(NOW - 3600 + 60 * n, NOW - 3660 + 60 * n, **measured([0.4 + n % 7 / 3, 1.5, 0.1 * (n % 50) + 0.2], BOUNDS))
        for n in range(60)
    ]
    requests = [
        at(
            NOW - 3600 + 60 * n,
            NOW - 3660 + 60 * n,
            as_int=n % (5 + m) + 1,
            attributes={"gen_ai.request.model": f"m-{m}"},
        )
        for n in range(60)
        for m in range(11)
    ]
    body = metrics_body(
        histogram(DURATION, *durations, unit="s"),
        counter(REQUESTS, *requests, unit="{request}"),
        counter("gen_ai.an.instrument.whose.name.is.longer.than.any.column.could.ever.hold", at(NOW - 60, as_int=1)),
    )
    assert ui.collector.send(body, "metrics").status_code == 200
    ui.collector.settle()


def test_instruments_are_reached_and_shown_with_the_keyboard_alone(ui: WatchedPage) -> None:
    send(ui)
    page = ui.open(f"/app-metrics?name={DURATION}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name=REQUESTS)).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name=DURATION)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next, previous instrument")


def test_a_choice_applies_at_once_and_is_in_the_address(ui: WatchedPage) -> None:
    send(ui)
    page = ui.open(f"/app-metrics?name={REQUESTS}&from=now-7d")
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()
    page.get_by_label("By").select_option("gen_ai.request.model")
    page.wait_for_url("**group=gen_ai.request.model**")
    assert "from=now-7d" in page.url
    expect(page.locator(".plot g")).to_have_count(8)
    expect(page.locator(".totals tbody tr")).to_have_count(11)


def test_what_was_measured_in_a_step_is_told_where_the_pointer_rests(ui: WatchedPage) -> None:
    send(ui)
    page = ui.open(f"/app-metrics?name={DURATION}")
    assert "p95: " in page.locator(".slot title").last.text_content()
    page.locator(".slot").last.hover()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_wide_and_a_narrow_window(ui: WatchedPage, scheme: str) -> None:
    page = ui.page
    page.emulate_media(color_scheme=scheme)
    ui.open("/app-metrics")
    expect(page.get_by_role("heading", name="No metrics yet")).to_be_visible()
    send(ui)
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in {
            "percentiles": f"name={DURATION}",
            "groups": f"name={REQUESTS}&group=gen_ai.request.model",
        }.items():
            ui.open(f"/app-metrics?{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            box, panel = page.locator(".chart .up text").first.bounding_box(), page.locator(".measured").bounding_box()
            assert box["x"] >= panel["x"], "the axis' texts stay inside their panel"
            ui.shoot(f"metrics-{name}-{scheme}-{width}")
