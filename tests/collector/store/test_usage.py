"""Usage is summed by group and interval, facets are counted, each call once."""

import time
from decimal import Decimal

import otlp
import pytest
from embedded_store import Store
from stored_traces import rag_trace, trace_of

from telltale_collector.errors import BadRequest
from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.usage import usage

MINUTE = 60_000_000_000


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
