"""Boards in a real browser: panels that fill in, a crosshair over all charts, zooming, and the way to the traces."""

import re
import time
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import otlp
import pytest
from playwright.sync_api import Browser, Page, expect
from watched_page import WatchedPage

pytestmark = pytest.mark.browser

S = 1_000_000_000
MODELS = {"gpt-4o": "openai", "gpt-4o-mini": "openai", "claude-sonnet-4-5": "anthropic"}
SERVICES = ("shop", "help desk's bot")
STEP_S = 300
"""Of a chart of six hours."""


def seed(ui: WatchedPage) -> None:
    """Five hours of calls, one every two minutes, in turn by three models and two services; some are refused."""
    now = time.time_ns()
    by_service: dict[str, list[dict]] = {name: [] for name in SERVICES}
    for number in range(150):
        start = now - (number * 120 + 400) * S
        trace_id, root = otlp.new_trace_id(), otlp.new_span_id()
        model, provider = list(MODELS.items())[number % 3]
        named = {"gen_ai.request.model": model, "gen_ai.response.model": model, "gen_ai.provider.name": provider}
        failed = {"status": (2, "rate limit reached")} if number % 10 == 3 else {}
        by_service[SERVICES[number % 2]] += [
            otlp.span("answer", trace_id=trace_id, span_id=root, start=start, end=start + 3 * S, **failed),
            otlp.llm_span(
                trace_id=trace_id, parent=root, start=start + S, end=start + (2 + number % 3) * S, attributes=named
            ),
        ]
    for service, spans in by_service.items():
        assert ui.collector.send(otlp.traces_body(*spans, resource={"service.name": service})).status_code == 200
    ui.collector.settle()


def opened(ui: WatchedPage, path: str) -> Page:
    """The page with all of its panels."""
    page = ui.open(path)
    filled(page)
    return page


def filled(page: Page) -> None:
    expect(page.locator(".panel.waiting, .panel.again")).to_have_count(0, timeout=60_000)


def panel(page: Page, title: str):
    return page.get_by_role("region", name=title, exact=True)


def filters(url: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


def length_s(url: str) -> float:
    """Of the time range in an address."""
    begin, end = (datetime.fromisoformat(filters(url)[name][:19]) for name in ("from", "to"))
    return (end - begin).total_seconds()


def rest_on(page: Page, title: str, share: float, height: float = 0.5) -> None:
    """Move the pointer over a chart, to a share of its width and height."""
    box = panel(page, title).locator(".plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * height)


def test_panels_fill_in_and_none_fails(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards")
    page.get_by_role("main").get_by_role("link", name=re.compile("^Overview")).click()
    filled(page)
    expect(page.locator(".panel-failed")).to_have_count(0)
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("150")
    assert panel(page, "Cost by model").locator(".plot g").count() == 3


def test_the_crosshair_stands_in_all_charts_and_the_values_of_its_time_are_told(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    panel(page, "Calls per second by model").scroll_into_view_if_needed()
    rest_on(page, "Calls per second by model", 0.6)
    crosses = page.locator('[data-chart] .cross[visibility="visible"]')
    charts = page.locator("[data-chart]").count()
    expect(crosses).to_have_count(charts)
    assert charts >= 3
    told = page.locator("#told")
    expect(told).to_be_visible()
    for model in MODELS:
        expect(told).to_contain_text(model)
    expect(told).to_contain_text("UTC")
    page.mouse.move(5, 5)
    expect(told).to_be_hidden()
    expect(crosses).to_have_count(0)


def test_dragging_over_a_chart_zooms_into_the_time(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview?service=shop")
    panel(page, "Latency").scroll_into_view_if_needed()
    rest_on(page, "Latency", 0.5)
    page.mouse.down()
    rest_on(page, "Latency", 0.6)
    rest_on(page, "Latency", 0.75)
    page.mouse.up()
    page.wait_for_url("**from=2*")
    assert filters(page.url)["service"] == "shop"
    assert abs(length_s(page.url) - 6 * 3600 / 4) < 2 * STEP_S
    filled(page)
    expect(page.locator(".panel-failed")).to_have_count(0)


def test_a_bar_leads_to_the_traces_of_its_series_and_its_time(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    chart = panel(page, "Cost by model")
    chart.scroll_into_view_if_needed()
    rest_on(page, "Cost by model", 0.6, 0.985)
    near = page.locator("#told li.near bdi").text_content()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/traces?*")
    assert filters(page.url)["model"] == near
    assert 0 < length_s(page.url) <= STEP_S + 60
    assert page.locator("tbody tr").count() > 0
    expect(page.locator("tbody tr .models").first).to_contain_text(near)


def test_a_chart_is_read_and_followed_with_the_keyboard_alone(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    chart = panel(page, "Latency").locator("[data-chart]")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    last = page.locator("#told b").text_content()
    page.keyboard.press("ArrowLeft")
    before = page.locator("#told b").text_content()
    assert before < last
    expect(page.locator("#told")).to_contain_text("p95")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?*")
    assert page.locator("tbody tr").count() > 0


def test_a_line_is_looked_at_alone_and_that_is_in_the_address(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    legend = panel(page, "Calls per second by model").locator(".legend")
    legend.get_by_role("link", name="gpt-4o-mini").click()
    expect(panel(page, "Calls per second by model").locator(".plot g")).to_have_count(1)
    assert "gpt-4o-mini" in filters(page.url).values()
    expect(panel(page, "Cost by model").locator(".plot g")).to_have_count(3)
    page.reload()
    filled(page)
    expect(panel(page, "Calls per second by model").locator(".plot g")).to_have_count(1)
    legend.get_by_role("link", name="gpt-4o-mini").click()
    expect(panel(page, "Calls per second by model").locator(".plot g")).to_have_count(3)


def test_a_table_is_sorted_by_its_headings(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    table = panel(page, "Models")
    table.get_by_role("link", name="model", exact=True).click()
    expect(table.locator("thead th").first).to_have_attribute("aria-sort", "ascending")
    assert table.locator("tbody tr td:first-child").all_inner_texts() == sorted(MODELS)
    table.get_by_role("link", name="model").first.click()
    expect(table.locator("thead th").first).to_have_attribute("aria-sort", "descending")


def test_a_row_of_a_table_leads_to_its_traces(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview?service=shop")
    row = panel(page, "Models").locator("tbody tr", has_text="gpt-4o-mini")
    row.locator("td").nth(3).click()
    page.wait_for_url("**/traces?*")
    assert (filters(page.url)["model"], filters(page.url)["service"]) == ("gpt-4o-mini", "shop")
    opened(ui, "/boards/telltale-overview")
    panel(page, "Latest errors").locator("tbody tr").first.locator("td").last.click()
    page.wait_for_url(re.compile("/traces/[0-9a-f]{32}$"))


def test_several_values_are_chosen_and_applied_when_the_list_closes(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    picker = page.locator("details.pick", has_text="Model")
    picker.locator("summary").click()
    picker.get_by_label("gpt-4o", exact=True).check()
    picker.get_by_label("claude-sonnet-4-5").check()
    page.locator("h1").click()
    page.wait_for_url("**model=*model=*")
    filled(page)
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("100")
    expect(picker.locator("summary")).to_contain_text("+1")
    picker.locator("summary").click()
    picker.get_by_role("link", name="All").click()
    filled(page)
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("150")


def test_it_looks_again_by_itself_while_it_is_seen(ui: WatchedPage) -> None:
    seed(ui)
    page = ui.page
    page.clock.install()
    opened(ui, "/boards/telltale-overview")
    page.get_by_label("Refresh").select_option("10s")
    expect(page).to_have_url(re.compile("refresh=10s"))
    span = otlp.llm_span(trace_id=otlp.new_trace_id(), start=time.time_ns() - 120 * S, end=time.time_ns() - 119 * S)
    assert ui.collector.send(otlp.traces_body(span)).status_code == 200
    ui.collector.settle()
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("150")
    page.clock.run_for(10_500)
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("151")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    filled(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    asked.clear()
    page.clock.run_for(60_000)
    assert asked == []


def test_without_scripts_a_board_is_whole_and_its_form_works(browser: Browser, ui: WatchedPage) -> None:
    seed(ui)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{ui.collector.url}/boards/telltale-overview")
    page.wait_for_url("**panels=all")
    expect(page.locator(".panel.waiting")).to_have_count(0)
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("150")
    page.locator("details.pick", has_text="Service").locator("summary").click()
    page.get_by_label("shop").check()
    page.locator("details.pick[open]").get_by_role("button", name="Apply").click()
    expect(panel(page, "Calls").locator(".figure")).to_contain_text("75")
    chart = panel(page, "Latency")
    chart.get_by_text("Table").click()
    chart.locator("tbody a").first.click()
    page.wait_for_url("**/traces?*")
    assert filters(page.url)["service"] == "shop"
    context.close()


def test_the_boards_are_a_key_away(ui: WatchedPage) -> None:
    page = ui.open("/traces")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/boards")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/traces")
    page.locator("body").press("g")
    page.get_by_label("Search text").press("b")
    assert page.url.endswith("/traces"), "nothing is a command while somebody types"


def test_a_panel_that_cannot_be_loaded_says_so_and_the_others_stay(ui: WatchedPage) -> None:
    seed(ui)
    ui.page.route("**/panels/0?*", lambda route: route.fulfill(status=503, body="busy"))
    ui.page.route("**/panels/0", lambda route: route.fulfill(status=503, body="busy"))
    page = opened(ui, "/boards/telltale-overview")
    expect(panel(page, "Calls").get_by_role("alert")).to_contain_text("answered 503")
    expect(panel(page, "Traces").locator(".figure")).to_contain_text("150")
    ui.complaints = [said for said in ui.complaints if "503" not in said]


def test_a_trace_in_a_table_opens_as_a_board(ui: WatchedPage) -> None:
    seed(ui)
    page = opened(ui, "/boards/telltale-overview")
    panel(page, "Latest errors").locator("a.to-board").first.click()
    page.wait_for_url("**/boards/telltale-trace?*")
    filled(page)
    expect(panel(page, "Waterfall").locator(".spans > li")).to_have_count(2)
    expect(panel(page, "How steps hang together").locator(".node")).to_have_count(2)
    panel(page, "How steps hang together").get_by_role("link").last.click()
    page.wait_for_url("**/traces/*span=*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_boards_fit_wide_and_narrow_windows(ui: WatchedPage, scheme: str) -> None:
    seed(ui)
    page = ui.page
    page.emulate_media(color_scheme=scheme)
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        for uid in ("telltale-overview", "telltale-latency"):
            opened(ui, f"/boards/{uid}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (uid, width)
            ui.shoot(f"board-{uid.removeprefix('telltale-')}-{scheme}-{width}")
