"""The view under OpenTelemetry's names gives spans as Grafana's trace search and other people's boards read them."""

import json

import otlp
import pytest
from embedded_store import Store

from telltale_collector.store.client import Client

# as the OpenTelemetry Collector's ClickHouse exporter names them
COLUMNS = (
    "Timestamp TraceId SpanId ParentSpanId TraceState SpanName SpanKind ServiceName ResourceAttributes ScopeName "
    "ScopeVersion SpanAttributes Duration StatusCode StatusMessage Events.Timestamp Events.Name Events.Attributes "
    "Links.TraceId Links.SpanId Links.TraceState Links.Attributes"
).split()
QUESTION = 'What is "ClickHouse", the column store that everyone talks about?'


@pytest.fixture
def row_of(client: Client, project: str):
    store = Store(client, project)

    def run(*sent: dict) -> dict:
        store.add(*sent)
        found = client.query(
            "SELECT * FROM otel_traces WHERE Project = {project:String} AND TraceId = {trace_id:String}"
            " ORDER BY Timestamp LIMIT 1",
            {"project": project, "trace_id": sent[0]["trace_id"]},
            {},
        )
        return found[0]

    return run


def test_the_columns_are_the_exporters(client: Client) -> None:
    names = [row["name"] for row in client.query("DESCRIBE TABLE otel_traces", {}, {})]
    assert names == ["Project", *COLUMNS]


def test_a_span_is_read_under_the_exporters_names(row_of) -> None:
    sent = otlp.llm_span(status=(2, "rate limited"))
    row = row_of(sent)
    assert (row["Timestamp"], row["Duration"]) == (sent["start"], sent["end"] - sent["start"])
    assert (row["SpanId"], row["ParentSpanId"], row["SpanName"]) == (sent["span_id"], "", sent["name"])
    assert (row["SpanKind"], row["StatusCode"], row["StatusMessage"]) == ("Client", "Error", "rate limited")
    assert (row["ServiceName"], row["ResourceAttributes"]["service.name"]) == ("test-app", "test-app")


def test_attributes_are_whole_where_the_store_keeps_their_texts_once(row_of) -> None:
    sent = otlp.llm_span(question=QUESTION, answer="A database.\nIt has columns, and it is fast at them.")
    sent["attributes"] |= {"app.question": QUESTION, "app.number": 3}
    read = row_of(sent)["SpanAttributes"]
    for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
        assert json.loads(read[name]) == json.loads(sent["attributes"][name])
    assert (read["app.question"], read["app.number"]) == (QUESTION, "3")


def test_events_come_with_their_times_and_attributes(row_of) -> None:
    now = 1_795_000_000_123_456_789
    event = {"name": "exception", "time": now + 5, "attributes": {"exception.type": "ValueError", "n": 1}}
    row = row_of(otlp.span(start=now, events=[event, {"name": "bare", "time": now + 6}]))
    assert row["Events.Name"] == ["exception", "bare"]
    assert row["Events.Timestamp"] == [now + 5, now + 6]
    assert row["Events.Attributes"] == [{"exception.type": "ValueError", "n": "1"}, {}]


def test_a_span_sent_twice_is_there_once(client: Client, project: str) -> None:
    store, sent = Store(client, project), otlp.span()
    store.add(sent)
    store.add(sent)
    asked = "SELECT count() AS spans FROM otel_traces WHERE TraceId = {trace_id:String}"
    assert client.query(asked, {"trace_id": sent["trace_id"]}, {}) == [{"spans": 1}]
