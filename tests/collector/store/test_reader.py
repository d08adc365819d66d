"""What was written is read back, rolled up once, found and paged."""

import time
from decimal import Decimal

import otlp
import pytest
from embedded_store import Store

from telltale_collector.decode import read_spans
from telltale_collector.errors import BadRequest
from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.filters import read_filter
from telltale_collector.store.span_of_row import SPAN_FIELDS
from telltale_collector.store.usage import usage

MINUTE = 60_000_000_000


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


def trace_of(*spans: dict) -> str:
    return spans[0]["trace_id"]


def rag_trace(start: int | None = None, **context: object) -> list[dict]:
    """A root with a retriever, a guard and a call below it."""
    trace_id, root = otlp.new_trace_id(), otlp.new_span_id()
    start = start or time.time_ns()
    inside = {"trace_id": trace_id, "parent": root}
    return [
        otlp.span(
            "answer",
            trace_id=trace_id,
            span_id=root,
            start=start,
            end=start + 3_000_000_000,
            attributes={
                "telltale.span.kind": "chain",
                "telltale.input.value": '{"question": "What is ClickHouse?"}',
                "telltale.output.value": "A database.",
                **context,
            },
        ),
        otlp.span(
            "guard.pii",
            start=start + 1_000_000,
            attributes={
                "telltale.span.kind": "guardrail",
                "telltale.guard.name": "pii",
                "telltale.guard.verdict": "flag",
            },
            **inside,
        ),
        otlp.llm_span(start=start + 2_000_000, end=start + 2_900_000_000, **inside),
    ]


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
        ({"from": "now-1h", "to": "now-30m"}, False),
        ({"user_id": "u1", "model": "gpt-4o-mini", "q": "what"}, True),
        ({"user_id": "' OR 1=1 --"}, False),
    ],
)
def test_a_filter_takes_the_traces_it_names(store: Store, where: dict, matches: bool) -> None:
    store.add(*rag_trace(**{"session.id": "s1", "user.id": "u1"}))
    page = store.reader.traces(store.project, read_filter(where, time.time_ns()))
    assert bool(page.traces) is matches


def test_a_trace_id_typed_into_the_search_finds_its_trace(store: Store) -> None:
    sent = otlp.span()
    store.add(sent, otlp.span())
    assert [t.trace_id for t in store.traces(q=sent["trace_id"].upper()).traces] == [sent["trace_id"]]


@pytest.mark.parametrize("where", [{"min_cost_usd": "cheap"}, {"from": "soon"}, {"min_duration_ms": "-1"}])
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


def test_usage_sums_by_group_and_interval(store: Store) -> None:
    start = 1_795_000_000_000_000_000 // (60 * MINUTE) * 60 * MINUTE
    for at in range(4):
        store.add(*rag_trace(start + at * 30 * MINUTE, **{"user.id": f"u{at % 2}"}))
    rows = usage(store.reader, store.project, TraceFilter(), ["model"], "1h")
    assert [(row["model"], row["time"], row["calls"], row["cost_usd"]) for row in rows] == [
        ("gpt-4o-mini-2024-07-18", start, 2, Decimal("0.00042")),
        ("gpt-4o-mini-2024-07-18", start + 60 * MINUTE, 2, Decimal("0.00042")),
    ]
    assert rows[0]["p50_duration_ns"] == 2_898_000_000
    assert rows[0]["p50_ttft_ns"] is None
    (whole,) = usage(store.reader, store.project, TraceFilter(), [], None)
    assert (whole["calls"], whole["guard_flag"], whole["input_tokens"]) == (4, 4, 4000)


@pytest.mark.parametrize(("keys", "interval"), [(["password"], None), (["model"], "1 year"), (["model"], "0h")])
def test_usage_refuses_what_it_cannot_group_by(store: Store, keys: list[str], interval: str | None) -> None:
    with pytest.raises(BadRequest):
        usage(store.reader, store.project, TraceFilter(), keys, interval)


def test_usage_that_does_not_fit_an_answer_is_refused_not_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_collector.store.usage.MAX_ROWS", 1)
    store.add(otlp.llm_span(), otlp.llm_span(attributes={"gen_ai.response.model": "other"}))
    with pytest.raises(BadRequest, match="more than 1 rows"):
        usage(store.reader, store.project, TraceFilter(), ["model"], None)


def test_facets_count_a_span_that_was_sent_twice_once(store: Store) -> None:
    sent = otlp.llm_span()
    store.add(sent)
    store.add(sent)
    assert store.reader.facets(store.project, None, None).services == [("test-app", 1)]


def test_facets_name_the_values_with_their_counts(store: Store) -> None:
    store.add(*rag_trace(**{"user.id": "u1"}), *rag_trace())
    facets = store.reader.facets(store.project, None, None)
    assert facets.models == [("gpt-4o-mini-2024-07-18", 2)]
    assert facets.services == [("test-app", 6)]
    assert facets.users == [("u1", 3)]  # the root, and what it says for the guard and the call below it


@pytest.mark.parametrize("start", [0, 1, 4_102_444_800_000_000_000, 2**63 - 1])
def test_a_span_of_any_time_is_stored_and_found_by_its_trace(store: Store, start: int) -> None:
    sent = otlp.span(start=start, end=start)
    store.add(sent, otlp.span(start=start, end=0))
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    assert span.start_time == start
    assert store.reader.stats(store.project).spans == 2


@pytest.mark.parametrize("root_first", [True, False])
def test_a_call_belongs_to_the_session_and_user_of_the_span_above_it(store: Store, root_first: bool) -> None:
    root, guard, call = rag_trace(**{"user.id": "u1", "session.id": "s1"})
    steps = [[root], [guard, call]]
    for spans in steps if root_first else reversed(steps):
        store.add(*spans)
    (row,) = usage(store.reader, store.project, TraceFilter(), ["user_id", "session_id"], None)
    assert (row["user_id"], row["session_id"], row["calls"], row["guard_flag"]) == ("u1", "s1", 1, 1)
    stored = {span.name: span for span in store.reader.trace(store.project, trace_of(root)).spans}
    assert "user.id" not in stored["chat gpt-4o-mini"].attributes


def test_a_call_keeps_the_user_it_names_itself(store: Store) -> None:
    root, _, call = rag_trace(**{"user.id": "u1"})
    call["attributes"]["user.id"] = "u2"
    store.add(root, call)
    rows = usage(store.reader, store.project, TraceFilter(), ["user_id"], None)
    assert [(row["user_id"], row["calls"]) for row in rows] == [("u2", 1)]


def test_usage_by_tag_counts_a_call_under_each_of_its_tags(store: Store) -> None:
    store.add(otlp.llm_span(attributes={"telltale.tags": ["a", "b"]}), otlp.llm_span())
    rows = usage(store.reader, store.project, TraceFilter(), ["tag"], None)
    assert sorted((row["tag"] or "", row["calls"]) for row in rows) == [("", 1), ("a", 1), ("b", 1)]


def test_one_call_in_two_traces_counts_once(client: Client, project: str) -> None:
    """Without a span around the call, two instrumentations each begin a trace of their own."""
    now = time.time_ns()
    spans = [otlp.llm_span(start=now, attributes={"gen_ai.response.id": f"r-{project}"}) for _ in range(2)]
    store = Store(client, project)
    store.add(spans[0], scope="client")
    store.add(spans[1], scope="instrumentor")
    (row,) = usage(store.reader, project, TraceFilter(), [], None)
    assert (row["calls"], row["input_tokens"]) == (1, 1000)
    assert sum(trace.llm_calls for trace in store.traces().traces) == 1
