"""OTLP/JSON: what it writes otherwise than protobuf."""

import json

import otlp
import pytest
from collector_process import CollectorProcess

JSON_HEADERS = {"content-type": "application/json"}


def send_span(collector: CollectorProcess, span: dict) -> dict:
    """Send one span as JSON; the stored one."""
    trace_id, span_id = otlp.new_trace_id(), otlp.new_span_id()
    given = {
        "traceId": trace_id,
        "spanId": span_id,
        "name": "s",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    } | span
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [given]}]}]}
    answer = collector.client.post("/v1/traces", content=json.dumps(body), headers=JSON_HEADERS)
    assert (answer.status_code, answer.json()) == (200, {})
    (stored,) = collector.trace(given["traceId"].lower())["spans"]
    return stored


@pytest.mark.parametrize("convert", [str.lower, str.upper, str.title])
def test_ids_are_hex_of_any_case(collector: CollectorProcess, convert) -> None:
    trace_id, span_id = "ab" + otlp.new_trace_id()[2:], "cd" + otlp.new_span_id()[2:]
    stored = send_span(collector, {"traceId": convert(trace_id), "spanId": convert(span_id)})
    assert (stored["trace_id"], stored["span_id"]) == (trace_id, span_id)


@pytest.mark.parametrize("written", [1_700_000_000_000_000_001, "1700000000000000001"])
def test_integers_of_64_bits_are_numbers_or_texts(collector: CollectorProcess, written: object) -> None:
    attribute = {"key": "n", "value": {"intValue": written}}
    stored = send_span(collector, {"attributes": [attribute], "endTimeUnixNano": written, "startTimeUnixNano": written})
    assert stored["attributes"]["n"] == 1_700_000_000_000_000_001
    assert stored["end_time"].endswith(".000000001Z")


def test_names_in_snake_case_are_unknown_fields(collector: CollectorProcess) -> None:
    assert (
        send_span(collector, {"status": {"code": 2, "message": "m", "status_message": 1}, "trace_state": 5})["status"]
        == "error"
    )


@pytest.mark.parametrize("kind", ["SPAN_KIND_CLIENT", 1.5, True, [], {}])
def test_an_enum_that_is_no_integer_costs_its_span(collector: CollectorProcess, kind: object) -> None:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "kind": kind}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    answer = collector.client.post("/v1/traces", content=json.dumps(body), headers=JSON_HEADERS)
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "spans[0].kind" in partial["errorMessage"]


VALUES = {
    "empty": {},
    "empty text": {"stringValue": ""},
    "text": {"stringValue": "é"},
    "yes": {"boolValue": True},
    "no": {"boolValue": False},
    "int": {"intValue": "-5"},
    "double": {"doubleValue": 0.1},
    "bytes": {"bytesValue": "AP8="},
    "empty array": {"arrayValue": {}},
    "mixed array": {
        "arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 1}, {}, {"arrayValue": {"values": [{}]}}]}
    },
    "map": {
        "kvlistValue": {"values": [{"key": "k", "value": {"kvlistValue": {"values": [{"key": "x", "value": {}}]}}}]}
    },
    "empty map": {"kvlistValue": {}},
}


def test_values_of_every_type_are_stored_alike_from_both_encodings(collector: CollectorProcess) -> None:
    attributes = [{"key": key, "value": value} for key, value in VALUES.items()]
    from_json = send_span(collector, {"attributes": attributes})["attributes"]
    assert from_json.keys() == VALUES.keys()
    values = {
        "empty": None,
        "empty text": "",
        "text": "é",
        "yes": True,
        "no": False,
        "int": -5,
        "double": 0.1,
        "bytes": b"\x00\xff",
        "empty array": [],
        "mixed array": ["a", 1, None, [None]],
        "map": {"k": {"x": None}},
        "empty map": {},
    }
    sent = otlp.span(
        attributes={key: value for key, value in values.items() if key not in {"empty", "mixed array", "map"}}
    )
    assert collector.send(otlp.traces_body(sent)).status_code == 200
    (stored,) = collector.trace(sent["trace_id"])["spans"]
    assert stored["attributes"] == {key: from_json[key] for key in sent["attributes"]}
    assert from_json["mixed array"] == values["mixed array"]
    assert from_json["map"] == values["map"]
    assert from_json["empty"] is None
