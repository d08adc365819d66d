"""The boards, served by a running collector."""

import re
import time
from urllib.parse import unquote

import otlp
import pytest
from collector_process import CollectorProcess
from html_text import text_of

from telltale_dashboards.boards import boards

S = 1_000_000_000


def page(collector: CollectorProcess, path: str, status: int = 200, **params: object) -> str:
    answer = collector.client.get(path, params=params or None, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


@pytest.fixture(scope="module")
def sent(collector: CollectorProcess) -> CollectorProcess:
    """Calls of two services within the last hour."""
    now = time.time_ns()
    for number in range(12):
        start = now - (number * 240 + 60) * S
        span = otlp.llm_span(trace_id=otlp.new_trace_id(), start=start, end=start + S)
        resource = {"service.name": "boards-a" if number % 2 else "boards-b&c"}
        assert collector.send(otlp.traces_body(span, resource=resource)).status_code == 200
    collector.settle()
    return collector


def test_the_index_leads_to_every_board_and_every_page_to_the_index(sent: CollectorProcess) -> None:
    shown = page(sent, "/boards")
    assert re.findall(r'href="/boards/([\w-]+)"', shown)[0] == "telltale-overview"
    assert set(re.findall(r'href="/boards/([\w-]+)"', shown)) == {board.uid for board in boards()}
    assert 'href="/boards"' in page(sent, "/traces")


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)
def test_a_board_comes_at_once_with_a_frame_for_each_panel(sent: CollectorProcess, board) -> None:
    shown = page(sent, f"/boards/{board.uid}", trace_id="ab")
    panels = list(board.panels)
    asked = re.findall(r'data-panel="([^"]+)"', shown)
    assert asked == [f"/boards/{board.uid}/panels/{number}" for number in range(len(panels))]
    assert shown.count('aria-busy="true"') == len(panels)
    assert [row.title for row in board.rows] == re.findall(r'<h2 class="row-head">([^<]+)</h2>', shown)


def test_without_scripts_a_board_comes_with_all_panels(sent: CollectorProcess) -> None:
    shown = page(sent, "/boards/telltale-overview", service="boards-a")
    (target,) = re.findall(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)">', shown)
    whole = page(sent, target.replace("&amp;", "&"))
    assert "aria-busy" not in whole
    assert re.search(r'id="panel-0">Calls<.*?<span title="6">6</span>', whole, re.DOTALL)
    assert whole.count("<figure") >= 3


def test_without_scripts_it_looks_again_by_itself(sent: CollectorProcess) -> None:
    whole = page(sent, "/boards/telltale-trace", trace_id="ab", panels="all", refresh="10s")
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in whole


def test_a_fragment_is_one_panel_of_what_is_chosen(sent: CollectorProcess) -> None:
    everything = page(sent, "/boards/telltale-overview/panels/0")
    chosen = page(sent, "/boards/telltale-overview/panels/0", service=["boards-a", "boards-b&c"])
    assert "<html" not in everything
    assert re.search(r">12</span>", chosen)
    assert "Asked in" in text_of(chosen)


def test_variables_offer_what_is_there_and_keep_what_is_chosen(sent: CollectorProcess) -> None:
    shown = page(sent, "/boards/telltale-overview", service=["boards-b&c", "gone"])
    options = re.findall(r'type="checkbox" name="service" value="([^"]+)"( checked)?', shown)
    assert {"boards-a", "boards-b&amp;c", "gone"} <= {value for value, _ in options}
    assert [value for value, checked in options if checked] == ["boards-b&amp;c", "gone"]
    assert 'name="project"' not in shown


def test_links_between_boards_keep_time_and_choice(sent: CollectorProcess) -> None:
    shown = page(sent, "/boards/telltale-overview", service="boards-a", **{"from": "now-1h"})
    found = [unquote(url) for url in re.findall(r'href="(/boards/telltale-cost[^"]*)"', shown)]
    assert found == ["/boards/telltale-cost?service=boards-a&amp;from=now-1h"]


def test_a_board_or_panel_that_is_none_is_not_found(sent: CollectorProcess) -> None:
    assert "no board" in text_of(page(sent, "/boards/nothing", 404))
    assert "no panel" in text_of(page(sent, "/boards/telltale-overview/panels/99", 404))


def test_a_time_that_is_none_is_refused_with_what_to_write(sent: CollectorProcess) -> None:
    assert "now-1h" in text_of(page(sent, "/boards/telltale-overview", 400, **{"from": "whenever"}))
    assert "ends before it begins" in text_of(page(sent, "/boards/telltale-overview", 400, to="now-7d"))


def test_a_board_of_one_trace_asks_for_it(sent: CollectorProcess) -> None:
    shown = text_of(page(sent, "/boards/telltale-trace"))
    assert "Trace id?" in shown
    assert "Waterfall" not in shown


def test_an_empty_collector_has_boards_that_say_what_fills_them(own_collector: CollectorProcess) -> None:
    running = own_collector.start()
    for board in boards():
        shown = page(running, f"/boards/{board.uid}", panels="all", trace_id="ab")
        assert "panel-failed" not in shown
        assert "aria-busy" not in shown
    assert "telltale.init() traces them" in page(running, "/boards/telltale-overview", panels="all")
