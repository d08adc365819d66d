"""Text that wants to be more than text."""

import pytest
from playwright.sync_api import expect
from rag_trace import RagTrace
from watched_page import WatchedPage

pytestmark = pytest.mark.browser

ATTACK = "</title><script>window.hit=1</script><img src=x onerror='window.hit=1'>\"'><svg onload=window.hit=1>"


def test_hostile_text_runs_nowhere(ui: WatchedPage) -> None:
    sent = RagTrace(
        question=ATTACK,
        answer=ATTACK,
        name=ATTACK,
        system=ATTACK,
        model=ATTACK,
        user=ATTACK,
        documents=[{"id": ATTACK, "content": ATTACK, "score": 0.5, "metadata": {ATTACK: ATTACK}}],
        call={"evil": ATTACK, "gen_ai.prompt.name": ATTACK, ATTACK: "1"},
        failure=ATTACK,
    )
    ui.send(sent)
    for path in ("/", "/traces", f"/traces/{sent.trace_id}", f"/traces/{sent.trace_id}?span={sent.retriever_id}"):
        page = ui.open(path)
        expect(page.locator("#main")).to_contain_text("<script>window.hit=1</script>")
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.querySelectorAll('img, [onerror], [onload]').length") == 0
    page.get_by_role("heading", name="Attributes").click()
    ui.shoot("hostile")


def test_a_scripted_address_never_becomes_a_link(ui: WatchedPage) -> None:
    sent = RagTrace(question="javascript:alert(1)", user="javascript:alert(1)", model="javascript:alert(1)")
    ui.send(sent)
    for path in ("/", "/traces", f"/traces/{sent.trace_id}", "/traces?user_id=javascript:alert(1)"):
        page = ui.open(path)
        targets = page.eval_on_selector_all("[href]", "found => found.map(one => one.href)")
        assert targets
        assert all(target.startswith(f"{ui.collector.url}/") for target in targets)


def test_text_cannot_turn_the_reading_direction_of_the_page(ui: WatchedPage) -> None:
    sent = RagTrace(question="pay \u202e001 now", answer="hidden\U000e0068\U000e0069 and \x1b[2J shown")
    ui.send(sent)
    page = ui.open(f"/traces/{sent.trace_id}")
    expect(page.locator(".turn[data-role=user]")).to_contain_text("pay ⟦U+202E⟧001 now")
    expect(page.locator(".turn.answer")).to_contain_text("hidden⟦hidden: hi⟧ and ␛[2J shown")
