"""One trace's page, served by a running collector."""

import re

import otlp
import pytest
from collector_process import CollectorProcess
from html_text import text_of
from rag_trace import RagTrace


@pytest.fixture(scope="module")
def sent(collector: CollectorProcess) -> RagTrace:
    trace = RagTrace(
        verdict="flag",
        call={
            "gen_ai.prompt.name": "support/answer",
            "gen_ai.prompt.version": "7",
            "custom.key": "custom value",
        },
    )
    assert collector.send(trace.body()).status_code == 200
    collector.settle()
    return trace


def page(collector: CollectorProcess, path: str, **params: str) -> str:
    answer = collector.client.get(path, params=params, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def pane(collector: CollectorProcess, sent: RagTrace, span_id: str) -> str:
    return text_of(page(collector, f"/fragments/traces/{sent.trace_id}", span=span_id))


def test_the_summary_and_all_spans_are_shown(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, f"/traces/{sent.trace_id}")
    text = text_of(shown)
    for expected in ("answer question", "shop-assistant", "flag", "1.70 s", "310 ms", "1 llm", sent.trace_id):
        assert expected in text
    waterfall = re.findall(r'<li class="k-([\w-]+)" data-d="(\d)"', shown)
    assert waterfall == [("chain", "0"), ("guard-flag", "1"), ("retriever", "1"), ("llm", "1")]


def test_the_model_call_is_chosen_and_told_in_full(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, f"/traces/{sent.trace_id}")
    assert re.findall(r'href="\?span=(\w+)" aria-current="true"', shown) == [sent.call_id]
    text = text_of(shown)
    for expected in (
        sent.question,
        sent.answer,
        "keys.md",
        "in answer",
        "640 cached",
        "Tokens as the provider counted them.",
        "support/answer 7",
        "temperature 0.2",
        "custom.key custom value",
        "service.name shop-assistant",
    ):
        assert expected in text, expected


def test_any_span_is_chosen_by_its_address_alone(collector: CollectorProcess, sent: RagTrace) -> None:
    shown = page(collector, f"/traces/{sent.trace_id}", span=sent.guard_id)
    assert re.findall(r'href="\?span=(\w+)" aria-current="true"', shown) == [sent.guard_id]
    assert "says flag" in text_of(shown)


def test_the_fragment_is_the_pane_of_the_page(collector: CollectorProcess, sent: RagTrace) -> None:
    fragment = page(collector, f"/fragments/traces/{sent.trace_id}", span=sent.retriever_id)
    assert "<html" not in fragment
    assert fragment.strip() in page(collector, f"/traces/{sent.trace_id}", span=sent.retriever_id)


def test_a_guard_says_why(collector: CollectorProcess, sent: RagTrace) -> None:
    assert "flag injection on input, score 0.9 says flag" in pane(collector, sent, sent.guard_id)


def test_a_call_without_a_price_says_so_and_what_to_do(collector: CollectorProcess) -> None:
    unknown = RagTrace(model="home-made-7b")
    collector.send(unknown.body())
    collector.settle()
    text = pane(collector, unknown, unknown.call_id)
    assert "unpriced" in text
    assert "No price is known for home-made-7b : add one to the price file" in text


def test_a_failure_is_at_the_top(collector: CollectorProcess) -> None:
    failed = RagTrace(failure="429: rate limit", call={"error.type": "RateLimitError"}, answer="")
    collector.send(failed.body())
    collector.settle()
    assert "Error RateLimitError 429: rate limit" in pane(collector, failed, failed.call_id)


def test_an_unknown_trace_may_still_be_arriving(collector: CollectorProcess) -> None:
    answer = collector.client.get("/traces/" + "f" * 32)
    assert answer.status_code == 404
    assert 'data-arriving="10"' in answer.text
    assert "may still be on their way" in text_of(answer.text)


def test_upper_case_trace_ids_are_found(collector: CollectorProcess, sent: RagTrace) -> None:
    assert sent.question in page(collector, f"/traces/{sent.trace_id.upper()}")


def test_a_young_trace_without_its_root_looks_for_it_and_an_old_one_does_not(
    collector: CollectorProcess,
) -> None:
    for age_s, looks in ((1, True), (3_600, False)):
        trace = RagTrace(age_s=age_s)
        collector.send(otlp.traces_body(*trace.spans()[1:]))
        collector.settle()
        shown = page(collector, f"/traces/{trace.trace_id}")
        assert "The root span has not arrived" in text_of(shown)
        assert "Missing parent" in text_of(shown)
        assert ("data-arriving" in shown) is looks
