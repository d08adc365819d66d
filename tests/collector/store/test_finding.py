"""Traces and spans are found by time range, filter and search, and paged without gaps or repeats."""

import time

import otlp
import pytest
from embedded_store import Store
from stored_traces import rag_trace, trace_of

from telltale_collector.errors import BadRequest
from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.filters import read_filter
from telltale_collector.store.span_of_row import SPAN_FIELDS

MINUTE = 60_000_000_000


def test_pages_give_every_trace_once_newest_first(store: Store) -> None:
    now = time.time_ns()
    sent = [otlp.span(start=now - at * 20 * MINUTE) for at in range(12)]
    sent += [otlp.span(start=now - 5 * 20 * MINUTE) for _ in range(3)]  # the same instant
    store.add(*sent)
    found, cursor = [], None
    while True:
        page = store.traces(limit=4, cursor=cursor)
        found += page.traces
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(t.trace_id for t in found) == sorted(s["trace_id"] for s in sent)
    assert [t.start_time for t in found] == sorted((s["start"] for s in sent), reverse=True)


def test_a_time_range_takes_traces_by_their_start_and_shows_them_whole(store: Store) -> None:
    now = time.time_ns()
    inside, outside = rag_trace(now - 10 * MINUTE), rag_trace(now - 100 * MINUTE)
    store.add(*inside, *outside)
    (trace,) = store.traces(from_time=now - 30 * MINUTE).traces
    assert (trace.trace_id, trace.spans) == (trace_of(*inside), 3)
    (trace,) = store.traces(to_time=now - 30 * MINUTE).traces
    assert (trace.trace_id, trace.spans) == (trace_of(*outside), 3)


@pytest.mark.parametrize(
    ("where", "matches"),
    [
        ({"q": "clickhouse"}, True),
        ({"q": "CLICKHOUSE database"}, False),  # one in the question, one in the answer
        ({"q": "postgres"}, False),
        ({"q": "???"}, False),
        ({"model": "gpt-4o-mini"}, True),
        ({"model": "gpt-4o"}, False),
        ({"user_id": "u1"}, True),
        ({"user_id": "u2"}, False),
        ({"session_id": "s1"}, True),
        ({"service": "test-app"}, True),
        ({"service": "other"}, False),
        ({"kind": "guardrail"}, True),
        ({"kind": "tool"}, False),
        ({"guard_verdict": "flag"}, True),
        ({"guard_verdict": "block"}, False),
        ({"status": "unset"}, True),
        ({"status": "error"}, False),
        ({"min_cost_usd": "0.0002"}, True),
        ({"min_cost_usd": "0.0003"}, False),
        ({"min_duration_ms": "2999.5"}, True),
        ({"min_duration_ms": "3001"}, False),
        ({"name": "answer"}, True),
        ({"has": "call"}, True),
        ({"has": "failed_call"}, False),
        ({"has": "estimated_call"}, False),
        ({"has": "unpriced_call"}, False),
        ({"has": "error"}, False),
        ({"has": "dislike"}, False),
        ({"has": "call", "user_id": "u1", "model": "gpt-4o-mini"}, True),
        ({"has": "call", "user_id": "u2"}, False),
        ({"min_call_ms": "2898"}, True),
        ({"min_call_ms": "2899"}, False),
        ({"min_ttft_ms": "0"}, False),
        ({"prompt_name": "answer"}, False),
        ({"from": "now-1h", "to": "now-30m"}, False),
        ({"user_id": "u1", "model": "gpt-4o-mini", "q": "what"}, True),
        ({"user_id": "' OR 1=1 --"}, False),
    ],
)
def test_a_filter_takes_the_traces_it_names(store: Store, where: dict, matches: bool) -> None:
    store.add(*rag_trace(**{"session.id": "s1", "user.id": "u1"}))
    page = store.reader.traces(store.project, read_filter(where, time.time_ns()))
    assert bool(page.traces) is matches


def test_a_call_that_is_asked_for_is_itself_of_the_model_and_user(store: Store) -> None:
    fine, failed = (
        otlp.llm_span(attributes={"user.id": "u1"}),
        otlp.llm_span(attributes={"user.id": "u2"}, status=(2, "")),
    )
    store.add(fine, failed | {"trace_id": fine["trace_id"]})
    now = time.time_ns()

    def found(**where: str) -> bool:
        return bool(store.reader.traces(store.project, read_filter({"has": "failed_call", **where}, now)).traces)

    assert found(user_id="u2")
    assert not found(user_id="u1")


def test_a_trace_id_typed_into_the_search_finds_its_trace(store: Store) -> None:
    sent = otlp.span()
    store.add(sent, otlp.span())
    assert [t.trace_id for t in store.traces(q=sent["trace_id"].upper()).traces] == [sent["trace_id"]]


@pytest.mark.parametrize(
    "where", [{"min_cost_usd": "cheap"}, {"from": "soon"}, {"min_duration_ms": "-1"}, {"has": "luck"}]
)
def test_a_malformed_filter_is_refused(where: dict) -> None:
    with pytest.raises(BadRequest):
        read_filter(where, 0)


def test_another_projects_traces_are_never_seen(client: Client, store: Store) -> None:
    mine, theirs = rag_trace(), rag_trace()
    other = Store(client, store.project + "-other")
    store.add(*mine)
    other.add(*theirs)
    assert [t.trace_id for t in store.traces().traces] == [trace_of(*mine)]
    assert store.reader.trace(store.project, trace_of(*theirs)) is None
    assert store.reader.stats(store.project).spans == 3


def test_span_pages_give_every_span_once_with_the_fields_asked_for(store: Store) -> None:
    sent = [span for _ in range(5) for span in rag_trace()]
    store.add(*sent)
    found, cursor = [], None
    while True:
        page, cursor = store.reader.spans(
            store.project, TraceFilter(), ["span_id", "input_text", "duration_ns"], limit=4, cursor=cursor
        )
        found += page
        if cursor is None:
            break
    assert sorted(span["span_id"] for span in found) == sorted(span["span_id"] for span in sent)
    assert set(found[0]) == {"span_id", "input_text", "duration_ns"}


@pytest.mark.parametrize("field", SPAN_FIELDS)
def test_each_field_can_be_asked_for_alone(store: Store, field: str) -> None:
    sent = otlp.llm_span()
    store.add(sent)
    ((alone,), _) = store.reader.spans(store.project, TraceFilter(), [field], limit=10)
    (span,) = store.reader.trace(store.project, trace_of(sent)).spans
    assert alone == {field: getattr(span, field)}
