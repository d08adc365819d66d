"""What was written is read back as a span and as a trace, and counted once."""

from decimal import Decimal

import otlp
import pytest
from embedded_store import Store
from stored_traces import rag_trace, trace_of

from telltale_collector.decode import read_spans
from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.usage import usage


def test_a_span_is_read_back_as_it_came(store: Store) -> None:
    sent = otlp.llm_span(
        question="a question that is long enough to be stored only once",
        attributes={"n": 1, "f": 1.5, "b": True, "l": ["x", 2], "bytes": b"\0\1", "empty": "", "map": {"k": [1.0]}},
        events=[{"name": "exception", "attributes": {"exception.type": "E", "n": 3}}],
        status=(2, "went wrong"),
    )
    store.add(sent)
    (span,) = store.reader.trace(store.project, trace_of(sent)).spans
    assert span.attributes == sent["attributes"]
    assert (span.start_time, span.end_time, span.duration_ns) == (sent["start"], sent["end"], 10**9)
    assert (span.status, span.status_message, span.error_type) == ("error", "went wrong", "E")
    assert [(e.name, e.attributes) for e in span.events] == [("exception", {"exception.type": "E", "n": 3})]
    assert span.input_text == "a question that is long enough to be stored only once"
    (raw, _) = store.reader.spans_by_id(store.project, [(sent["trace_id"], sent["span_id"])])[0]
    (expected,) = read_spans(otlp.traces_body(sent))
    assert raw == expected


def test_a_trace_counts_each_call_once_and_sums_its_money(store: Store) -> None:
    spans = rag_trace(**{"session.id": "s1", "user.id": "u1"})
    store.add(*spans)
    (trace,) = store.traces().traces
    assert (trace.name, trace.spans, trace.llm_calls) == ("answer", 3, 1)
    assert (trace.input_tokens, trace.output_tokens) == (1000, 100)
    assert trace.cost_usd == Decimal("0.00021")
    assert (trace.session_id, trace.user_id) == ("s1", "u1")
    assert (trace.guard_verdict, trace.models) == ("flag", ["gpt-4o-mini-2024-07-18"])
    assert (trace.input_preview, trace.output_preview) == ("What is ClickHouse?", "A database.")
    assert trace.duration_ns == 3_000_000_000


def test_an_agent_that_repeats_its_calls_usage_adds_nothing(store: Store) -> None:
    spans = rag_trace()
    repeated = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.request.model": "gpt-4o",
    }
    spans[0]["attributes"] = repeated
    store.add(*spans)
    (trace,) = store.traces().traces
    assert (trace.llm_calls, trace.input_tokens, trace.cost_usd) == (1, 1000, Decimal("0.00021"))


def test_a_span_sent_again_is_counted_once(store: Store) -> None:
    spans = rag_trace()
    store.add(*spans)
    store.add(*spans)
    store.add(spans[2], spans[2])
    assert store.reader.stats(store.project).spans == 3
    (trace,) = store.traces().traces
    assert (trace.spans, trace.input_tokens) == (3, 1000)
    (row,) = usage(store.reader, store.project, TraceFilter(), [], None)
    assert (row["calls"], row["input_tokens"]) == (1, 1000)


def test_a_batch_tried_again_under_its_token_is_written_once(client: Client, store: Store) -> None:
    sent = otlp.span()
    store.add(sent, token=f"same-{store.project}")
    store.add(sent, token=f"same-{store.project}")
    (row,) = client.query("SELECT count() AS n FROM spans WHERE project = {p:String}", {"p": store.project}, {})
    assert row["n"] == 1


def test_an_unpriced_call_is_null_and_counted_as_unpriced(store: Store) -> None:
    store.add(otlp.llm_span(attributes={"gen_ai.request.model": "local", "gen_ai.response.model": "local"}))
    (trace,) = store.traces().traces
    assert (trace.cost_usd, trace.unpriced_calls, trace.input_tokens) == (None, 1, 1000)


def test_a_trace_without_calls_has_null_tokens_not_zero(store: Store) -> None:
    store.add(otlp.span())
    (trace,) = store.traces().traces
    assert (trace.input_tokens, trace.output_tokens, trace.cost_usd, trace.ttft_ns) == (None, None, None, None)


def test_a_late_root_gives_the_trace_its_name_and_status(store: Store) -> None:
    root, *children = rag_trace()
    children[1]["status"] = (2, "retried")
    store.add(*children)
    assert store.traces().traces[0].status == "error"
    store.add(root)
    (trace,) = store.traces().traces
    assert (trace.name, trace.status, trace.errors) == ("answer", "unset", 1)


@pytest.mark.parametrize("events_first", [True, False])
def test_log_events_complete_their_span_whichever_comes_first(store: Store, events_first: bool) -> None:
    sent = otlp.span(attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"})
    ids = {"trace_id": sent["trace_id"], "span_id": sent["span_id"]}
    events = [
        {"event": "gen_ai.user.message", "body": {"content": "hi"}, "time": 1, **ids},
        {
            "event": "gen_ai.choice",
            "body": {"message": {"content": "hello"}, "finish_reason": "stop"},
            "time": 2,
            **ids,
        },
    ]
    steps = [lambda: store.add_logs(*events), lambda: store.add(sent)]
    for step in steps if events_first else reversed(steps):
        step()
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    assert [(m.role, m.content) for m in span.input_messages] == [("user", "hi")]
    assert [m.content for m in span.output_messages] == ["hello"]
    assert (span.finish_reason, span.tokens_source, span.cost_source) == ("stop", "estimated", "estimated")


def test_an_evaluation_event_becomes_a_score_of_its_trace(store: Store) -> None:
    sent = otlp.span()
    store.add(sent)
    record = {
        "event": "gen_ai.evaluation.result",
        "trace_id": sent["trace_id"],
        "span_id": sent["span_id"],
        "attributes": {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.9},
        "time": 5,
    }
    store.add_logs(record)
    store.add_logs(record)
    trace = store.reader.trace(store.project, sent["trace_id"])
    assert [(s.name, s.value, s.source) for s in trace.scores] == [("relevance", 0.9, "judge")]
    assert trace.trace.scores == {"relevance": 0.9}


@pytest.mark.parametrize("start", [0, 1, 4_102_444_800_000_000_000, 2**63 - 1])
def test_a_span_of_any_time_is_stored_and_found_by_its_trace(store: Store, start: int) -> None:
    sent = otlp.span(start=start, end=start)
    store.add(sent, otlp.span(start=start, end=0))
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    assert span.start_time == start
    assert store.reader.stats(store.project).spans == 2
