"""Requests: both encodings say the same, a bad item costs itself alone, the text says which."""

import json

import orjson
import otlp
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_collector.decode import (
    Media,
    check_logs,
    check_metrics,
    check_traces,
    read_log_events,
    read_spans,
)
from telltale_collector.errors import BadRequest


def as_otlp_json(body: bytes) -> bytes:
    """The official JSON of a request, ids as hex, as OTLP asks."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(body)
    value = MessageToDict(request, use_integers_for_enums=True)
    spans = [s for rs in request.resource_spans for ss in rs.scope_spans for s in ss.spans]
    written = [s for rs in value["resourceSpans"] for ss in rs["scopeSpans"] for s in ss["spans"]]
    for message, entry in zip(spans, written, strict=True):
        entry["traceId"], entry["spanId"] = message.trace_id.hex(), message.span_id.hex().upper()
        if message.parent_span_id:
            entry["parentSpanId"] = message.parent_span_id.hex()
    return json.dumps(value).encode()


attribute_values = st.recursive(
    st.one_of(
        st.text(max_size=20),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.binary(max_size=10),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), attribute_values, max_size=5), st.text(max_size=20))
def test_protobuf_and_json_of_one_request_give_the_same_spans(attributes: dict, name: str) -> None:
    sent = otlp.span(name, attributes=attributes, parent="00000000000000aa")
    body = otlp.traces_body(sent)
    (from_protobuf,) = read_spans(check_traces(body, Media.PROTOBUF).payload)
    (from_json,) = read_spans(check_traces(as_otlp_json(body), Media.JSON).payload)
    assert from_protobuf == from_json
    assert from_protobuf.attributes == attributes
    assert (from_protobuf.name, from_protobuf.trace_id) == (name, sent["trace_id"])


def test_a_good_protobuf_body_is_kept_to_the_byte() -> None:
    body = otlp.traces_body(otlp.llm_span())
    assert check_traces(body, Media.PROTOBUF).payload is body


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"trace_id": "00" * 16}, "trace_id is not 16 non-zero bytes"),
        ({"trace_id": "ab" * 4}, "trace_id is not 16 non-zero bytes"),
        ({"span_id": "00" * 8}, "span_id is not 8 non-zero bytes"),
        ({"parent": "abcd"}, "parent_span_id is not 8 bytes"),
        ({"end": 2**63}, "a time lies after the year 2262"),
    ],
)
def test_a_bad_span_is_set_aside_with_its_reason_and_the_others_stay(fault: dict, reason: str) -> None:
    good, bad, better = otlp.span("good"), otlp.span("bad", **fault), otlp.span("better")
    checked = check_traces(otlp.traces_body(good, bad, better), Media.PROTOBUF)
    assert [found.name for found in read_spans(checked.payload)] == ["good", "better"]
    assert checked.accepted == 2
    assert checked.message == f"{reason} (1 item, first: 'bad')"


@pytest.mark.parametrize(
    ("field", "value"),
    [("traceId", "xyz"), ("startTimeUnixNano", "soon"), ("kind", "SPAN_KIND_CLIENT"), ("attributes", {"a": 1})],
)
def test_a_malformed_json_span_is_set_aside_and_the_others_stay(field: str, value: object) -> None:
    body = orjson.loads(as_otlp_json(otlp.traces_body(otlp.span("first"), otlp.span("second"))))
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0][field] = value
    checked = check_traces(orjson.dumps(body), Media.JSON)
    assert [found.name for found in read_spans(checked.payload)] == ["second"]
    assert f"spans[0].{field}" in checked.message
    assert "'first'" in checked.message


@pytest.mark.parametrize(
    ("body", "media", "says"),
    [
        (b"\xff\xff", Media.PROTOBUF, "not a ExportTraceServiceRequest in protobuf"),
        (b"{", Media.JSON, "not JSON"),
        (b"[1]", Media.JSON, "a list where a ExportTraceServiceRequest object belongs"),
        (b'{"resourceSpans": 5}', Media.JSON, "resourceSpans is not an array"),
        (b'{"resourceSpans": [{"resource": "x"}]}', Media.JSON, "resourceSpans[0].resource is not an object"),
    ],
)
def test_a_body_that_is_no_request_is_refused_with_the_part_that_is_wrong(body: bytes, media: Media, says: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_traces(body, media)
    assert says in refused.value.message


@pytest.mark.parametrize("point", [{"explicitBounds": ["abc"]}, {"bucketCounts": [-1]}])
def test_a_malformed_metric_is_set_aside_too(point: dict) -> None:
    metric = {"name": "m", "histogram": {"dataPoints": [point]}}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    assert "malformed OTLP/JSON" in check_metrics(orjson.dumps(body), Media.JSON).message


def test_unknown_json_keys_are_ignored() -> None:
    assert check_traces(b'{"resourceSpans": [{"future": 1}], "alsoFuture": {}}', Media.JSON).accepted == 0


def test_genai_log_events_are_kept_and_others_refused() -> None:
    ids = {"trace_id": otlp.new_trace_id(), "span_id": otlp.new_span_id()}
    body = otlp.logs_body(
        {"event": "gen_ai.user.message", "body": {"content": "hi"}, **ids},
        {"event": "", "body": "starting up", **ids},
        {"event": "gen_ai.user.message", "body": {"content": "whose?"}},
    )
    checked = check_logs(body, Media.PROTOBUF)
    (kept,) = read_log_events(checked.payload)
    assert (kept.name, kept.body, kept.span_id) == ("gen_ai.user.message", {"content": "hi"}, ids["span_id"])
    assert "not a GenAI event" in checked.message
    assert "trace_id is not 16 non-zero bytes" in checked.message


def test_the_same_log_record_sent_again_has_the_same_id() -> None:
    body = otlp.logs_body({"event": "gen_ai.choice", "trace_id": "ab" * 16, "span_id": "cd" * 8, "time": 5})
    first, again = (next(read_log_events(check_logs(body, Media.PROTOBUF).payload)) for _ in range(2))
    assert first.event_id == again.event_id


def test_a_resource_that_comes_in_pieces_is_merged() -> None:
    whole = otlp.traces_request(otlp.span("one"), resource={"a": 1})
    more = otlp.traces_request(otlp.span("other"), resource={"b": 2})
    pieces = b"".join(bytes(found.resource_spans[0].SerializeToString()) for found in (whole, more))
    length = len(pieces)
    body = b"\x0a" + bytes([length & 127 | 128, length >> 7]) + pieces
    spans = list(read_spans(check_traces(body, Media.PROTOBUF).payload))
    assert [span.name for span in spans] == ["one", "other"]
    assert all(span.resource == {"service.name": "test-app", "a": 1, "b": 2} for span in spans)
