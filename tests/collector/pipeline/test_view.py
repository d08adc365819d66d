"""While a batch is on its way into the store, the next one sees it as if it were there."""

import time

import otlp
import pytest
from embedded_store import Store

from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client


@pytest.fixture(params=[False, True], ids=["read here", "read ahead"])
def store(client: Client, project: str, request: pytest.FixtureRequest) -> Store:
    return Store(client, project, overlapped=True, encoded=request.param)


def test_a_call_takes_its_session_from_a_root_that_is_not_yet_written(store: Store) -> None:
    root = otlp.span("root", attributes={"session.id": "s-1", "user.id": "ann"})
    call = otlp.llm_span(trace_id=root["trace_id"], parent=root["span_id"])
    store.add(root)
    store.add(call)
    store.finish()
    found = {span.span_id: span for span in store.reader.trace(store.project, root["trace_id"]).spans}
    assert (found[call["span_id"]].session_id, found[call["span_id"]].user_id) == ("s-1", "ann")


def test_a_call_that_is_not_yet_written_is_settled_again_when_its_root_comes(store: Store) -> None:
    root = otlp.span("root", attributes={"session.id": "s-1"})
    call = otlp.llm_span(trace_id=root["trace_id"], parent=root["span_id"])
    store.add(call)
    store.add(root)
    store.finish()
    found = {span.span_id: span for span in store.reader.trace(store.project, root["trace_id"]).spans}
    assert found[call["span_id"]].session_id == "s-1"
    assert len(found) == 2


def test_a_log_event_completes_a_span_that_is_not_yet_written_and_the_other_way_round(store: Store) -> None:
    for first in ("span", "event"):
        call = otlp.span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"})
        event = {
            "event": "gen_ai.user.message",
            "body": {"content": f"who speaks {first}?"},
            "time": time.time_ns(),
            "trace_id": call["trace_id"],
            "span_id": call["span_id"],
        }
        steps = [lambda call=call: store.add(call), lambda event=event: store.add_logs(event)]
        for step in steps if first == "span" else reversed(steps):
            step()
        store.finish()
        (span,) = store.reader.trace(store.project, call["trace_id"]).spans
        assert [message.content for message in span.input_messages] == [f"who speaks {first}?"]


def test_a_trace_of_before_the_start_is_known_after_it(client: Client, project: str) -> None:
    before = Store(client, project)
    root = otlp.span("root", attributes={"session.id": "s-1"})
    before.add(root)
    after = Store(client, project, overlapped=True)
    call = otlp.llm_span(trace_id=root["trace_id"], parent=root["span_id"])
    after.add(call)
    after.finish()
    spans, _ = after.reader.spans(project, TraceFilter(), ["span_id", "session_id"], limit=10)
    assert {span["session_id"] for span in spans} == {"s-1"}


def test_a_call_that_is_sent_again_keeps_the_session_of_a_root_that_began_hours_before(
    client: Client, project: str
) -> None:
    now = time.time_ns()
    hours = 3 * 3600 * 1_000_000_000
    root = otlp.span("root", start=now - hours, end=now, attributes={"session.id": "s-1", "user.id": "ann"})
    call = otlp.llm_span(trace_id=root["trace_id"], parent=root["span_id"], start=now - 1_000_000_000)
    store = Store(client, project)
    store.add(call, root)
    for _ in range(2):
        store.add(call)
        spans, _ = store.reader.spans(project, TraceFilter(kind="llm"), ["session_id", "user_id"], limit=10)
        assert spans == [{"session_id": "s-1", "user_id": "ann"}]
