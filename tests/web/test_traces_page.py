"""The list of traces, served by a running collector."""

import re

import pytest
from collector_process import CollectorProcess
from html_text import text_of
from rag_trace import RagTrace


@pytest.fixture(scope="module")
def sent(collector: CollectorProcess) -> RagTrace:
    trace = RagTrace(user="list-page-user", question="Which keys may I rotate?")
    assert collector.send(trace.body()).status_code == 200
    collector.settle()
    return trace


def page(collector: CollectorProcess, path: str, **params: str) -> str:
    answer = collector.client.get(path, params=params, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_trace_is_a_line_with_question_answer_and_numbers(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, "/traces", user_id=sent.user)
    (line,) = re.findall(rf'<tr data-key="{sent.trace_id}".*?</tr>', shown, re.DOTALL)
    text = text_of(line)
    for expected in (
        "answer question",
        sent.question,
        sent.answer,
        "gpt-4o-mini",
        "1.70 s",
        "310 ms",
        "1,200",
        "96",
    ):
        assert expected in text
    assert f'href="/traces/{sent.trace_id}"' in line
    assert re.search(r"\$0\.000\d+", text)
    assert "pass" in text


def test_the_fragment_is_the_same_rows_without_the_page(collector: CollectorProcess, sent: RagTrace) -> None:
    fragment = page(collector, "/fragments/traces", user_id=sent.user)
    whole = page(collector, "/traces", user_id=sent.user)
    row = rf'<tr data-key="{sent.trace_id}" data-version="(\w+)"'
    assert re.findall(row, fragment) == re.findall(row, whole) != []
    assert "<html" not in fragment


def test_filters_choose_and_their_values_are_offered_with_counts(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, "/traces", model="gpt-4o-mini", user_id=sent.user)
    assert re.search(r'<option value="gpt-4o-mini" selected>gpt-4o-mini \([\d,.kM]+\)', shown)
    assert sent.trace_id in shown
    assert sent.trace_id not in page(collector, "/traces", model="another-model")


def test_a_filter_without_spans_is_still_shown_as_chosen(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, "/traces", model="another-model")
    assert "<option selected>another-model</option>" in shown
    assert "No trace matches" in text_of(shown)
    assert sent.trace_id not in shown


def test_a_filter_that_cannot_be_read_is_explained(collector: CollectorProcess) -> None:
    answer = collector.client.get("/traces", params={"from": "yesterday"}, headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert "not a time: 'yesterday'" in text_of(answer.text)
    assert "now-1h" in text_of(answer.text)


def test_an_empty_collector_shows_the_line_to_paste(own_collector: CollectorProcess) -> None:
    text = text_of(page(own_collector.start(), "/traces"))
    assert "Waiting for the first span" in text
    assert f'import telltale; telltale.init(endpoint="{own_collector.url}")' in text


def test_the_line_to_paste_is_short_at_the_usual_address(own_collector: CollectorProcess) -> None:
    answer = own_collector.start().client.get("/traces", headers={"host": "localhost:4318"})
    assert "import telltale; telltale.init() " in text_of(answer.text) + " "
