"""The trace page in a real browser."""

import otlp
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from rag_trace import RagTrace
from watched_page import WatchedPage

pytestmark = pytest.mark.browser


@pytest.fixture
def trace(ui: WatchedPage) -> RagTrace:
    sent = RagTrace()
    ui.send(sent)
    return sent


def chosen(page: Page) -> Locator:
    return page.locator("#spans a[aria-current]")


def test_the_chat_and_the_documents_are_there_at_once(ui: WatchedPage, trace: RagTrace) -> None:
    page = ui.open(f"/traces/{trace.trace_id}")
    expect(chosen(page)).to_contain_text("chat gpt-4o-mini")
    answer = page.locator(".turn.answer")
    expect(answer).to_contain_text("Create a second key, deploy it everywhere, then revoke the first.")
    expect(page.locator(".turn[data-role=user]")).to_contain_text("How do I rotate the API keys?")
    system = page.locator(".turn[data-role=system] details")
    expect(system).not_to_have_attribute("open", "")
    documents = page.locator(".documents > li")
    expect(documents).to_have_count(2)
    expect(documents.first).to_contain_text("keys.md")
    expect(documents.first.locator("mark")).to_have_text("Create a second key, deploy it everywhere, then")
    expect(documents.nth(1)).not_to_contain_text("in answer")
    ui.shoot("trace-light")


def test_choosing_a_span_swaps_the_pane_without_loading_the_page(ui: WatchedPage, trace: RagTrace) -> None:
    page = ui.open(f"/traces/{trace.trace_id}")
    page.evaluate("window.stayed = true")
    page.locator("#spans a", has_text="guard injection").click()
    expect(page.locator("#pane h2")).to_have_text("guard injection")
    expect(page.locator("#pane")).to_contain_text("says pass")
    assert page.evaluate("window.stayed")
    assert page.url.endswith(f"?span={trace.guard_id}")
    page.reload()
    expect(page.locator("#pane h2")).to_have_text("guard injection")


def test_spans_are_read_with_the_keyboard_alone(ui: WatchedPage, trace: RagTrace) -> None:
    page = ui.open(f"/traces/{trace.trace_id}")
    page.keyboard.press("k")
    expect(page.locator("#pane h2")).to_have_text("search handbook")
    page.keyboard.press("h")
    expect(page.locator("#pane h2")).to_have_text("answer question")
    page.keyboard.press("h")
    expect(page.locator("#spans li:visible")).to_have_count(1)
    page.keyboard.press("l")
    expect(page.locator("#spans li:visible")).to_have_count(4)
    page.keyboard.press("l")
    expect(page.locator("#pane h2")).to_have_text("guard injection")


def test_the_tree_folds_with_the_mouse(ui: WatchedPage, trace: RagTrace) -> None:
    page = ui.open(f"/traces/{trace.trace_id}")
    page.locator("#spans .indent").first.click()
    expect(page.locator("#spans li:visible")).to_have_count(1)
    expect(page.locator("#spans a").first).to_have_attribute("aria-expanded", "false")
    page.locator("#spans .indent").first.click()
    expect(page.locator("#spans li:visible")).to_have_count(4)


def test_raw_attributes_are_found_by_typing(ui: WatchedPage, trace: RagTrace) -> None:
    page = ui.open(f"/traces/{trace.trace_id}")
    page.get_by_role("heading", name="Attributes").click()
    page.get_by_label("Filter attributes").fill("temperature")
    rows = page.locator("details[data-raw]").first.locator(".pairs tr:visible")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("gen_ai.request.temperature")


def test_markdown_is_rendered_on_request_and_taken_back(ui: WatchedPage) -> None:
    sent = RagTrace(answer="# Plan\n\n- **first**\n- [bad](javascript:alert(1))\n\n`code` <img src=x>")
    ui.send(sent)
    page = ui.open(f"/traces/{sent.trace_id}")
    text = page.locator(".turn.answer .text")
    page.get_by_role("button", name="Markdown").click()
    expect(text.locator("h5")).to_have_text("Plan")
    expect(text.locator("strong")).to_have_text("first")
    expect(text.locator("a, img")).to_have_count(0)
    page.get_by_role("button", name="Markdown").click()
    expect(text).to_have_text(sent.answer, use_inner_text=True)


def test_a_trace_that_is_still_on_its_way_shows_when_it_arrives(ui: WatchedPage) -> None:
    late = RagTrace()
    page = ui.open(f"/traces/{late.trace_id}")
    expect(page.get_by_role("heading", name="Not here yet")).to_be_visible()
    ui.send(late)
    expect(page.locator("h1")).to_have_text("answer question")
    assert all("404" in complaint for complaint in ui.complaints)
    ui.complaints.clear()


def test_a_long_text_is_cut_and_shown_whole_on_request(ui: WatchedPage) -> None:
    sent = RagTrace(answer="word " * 10_000 + "the end")
    ui.send(sent)
    page = ui.open(f"/traces/{sent.trace_id}")
    answer = page.locator(".turn.answer")
    expect(answer).not_to_contain_text("the end")
    answer.get_by_role("link", name="Show all: 30,007 more characters").click()
    expect(answer).to_contain_text("the end")


def test_everything_can_be_read_without_scripts(ui: WatchedPage, browser: Browser, trace: RagTrace) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{ui.collector.url}/traces")
        page.locator("a.open").first.click()
        assert page.url.endswith(f"/traces/{trace.trace_id}")
        page.locator("#spans a", has_text="search handbook").click()
        expect(page.locator("#pane h2")).to_have_text("search handbook")
        expect(page.locator(".documents")).to_contain_text("keys.md")


def test_dark_colours_follow_the_system_and_the_button(ui: WatchedPage, browser: Browser, trace: RagTrace) -> None:
    def ground(page: Page) -> str:
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    with browser.new_context(color_scheme="dark", viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{ui.collector.url}/traces/{trace.trace_id}")
        dark = ground(page)
        page.screenshot(path=ui.artifact("trace-dark"))
        page.get_by_role("button", name="Colours").click()
        assert ground(page) != dark
        page.reload()
        assert ground(page) != dark
        page.goto(f"{ui.collector.url}/traces")
        page.get_by_role("button", name="Colours").click()
        assert ground(page) == dark
        page.screenshot(path=ui.artifact("list-dark"))


def test_a_root_that_arrives_late_completes_the_page(ui: WatchedPage) -> None:
    late = RagTrace(age_s=1)
    root, *others = late.spans()
    ui.collector.send(otlp.traces_body(*others))
    ui.collector.settle()
    page = ui.open(f"/traces/{late.trace_id}")
    expect(page.locator("#waterfall")).to_contain_text("The root span has not arrived")
    ui.collector.send(otlp.traces_body(root))
    ui.collector.settle()
    expect(page.locator("h1")).to_have_text("answer question")
    expect(page.locator("#spans a").first).to_contain_text("answer question")
    expect(page.locator("#waterfall")).not_to_contain_text("has not arrived")


def test_an_answer_can_be_copied(ui: WatchedPage, context: BrowserContext, trace: RagTrace) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = ui.open(f"/traces/{trace.trace_id}")
    page.locator(".turn.answer").hover()
    page.locator(".turn.answer").get_by_role("button", name="Copy text").click()
    page.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=trace.answer)


def test_five_thousand_spans_stay_usable(ui: WatchedPage) -> None:
    trace_id = otlp.new_trace_id()
    root = otlp.span("agent run", trace_id=trace_id)
    steps = [otlp.span(f"step {n}", trace_id=trace_id, parent=root["span_id"]) for n in range(4_999)]
    for part in ([root], steps[:2_500], steps[2_500:]):
        assert ui.collector.send(otlp.traces_body(*part)).status_code == 200
    ui.collector.settle()
    page = ui.open(f"/traces/{trace_id}")
    expect(page.locator("#spans > li")).to_have_count(5_000)
    loaded_ms = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
    assert loaded_ms < 8_000
    page.keyboard.press("j")
    expect(page.locator("#pane h2")).to_have_text("step 0")
    page.keyboard.press("k")
    page.keyboard.press("h")
    expect(page.locator("#spans > li:visible")).to_have_count(1)
