"""The corpus of texts, end to end: sent in both encodings and by our SDK, read back through the query API."""

import json
import os
import subprocess
import sys

import hostile
import hostile_texts
import otlp
import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telltale.semconv import MENDED

TEXTS = hostile_texts.texts()
UNREADABLE = hostile.unreadable_spans()[::80]  # each kind has its turn, in small batches, in tests/collector/decode
LONE_SURROGATES = ["cut \ud83d", "\udc00 low", "a\ud800b\udfffc", "\udcff"]


def read_back(collector: CollectorProcess, trace_id: str) -> dict[str, dict]:
    """The stored spans by id."""
    return {span["span_id"]: span for span in collector.trace(trace_id)["spans"]}


def test_the_corpus_has_two_hundred_texts() -> None:
    assert len({text.raw for text in TEXTS}) >= 200
    assert sum(not text.is_valid for text in TEXTS) >= 50


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_valid_texts_come_back_byte_equal_and_others_replaced_and_flagged(
    collector: CollectorProcess, encoding: str, record_figure: FigureRecorder
) -> None:
    trace_id = otlp.new_trace_id()
    texts = {otlp.new_span_id(): text for text in TEXTS}
    if encoding == "protobuf":
        spans = [
            hostile.span_bytes(
                hostile.text_attribute("case", text.raw),
                name=text.raw,
                span_id=bytes.fromhex(span_id),
                trace_id=bytes.fromhex(trace_id),
            )
            for span_id, text in texts.items()
        ]
        answer = collector.send(hostile.request_of(*spans))
    else:
        cases = [(span_id, b'{"stringValue":%s}' % text.in_json) for span_id, text in texts.items()]
        answer = collector.send(hostile.json_request(trace_id, *cases), content_type="application/json")
    assert answer.status_code == 200
    stored = read_back(collector, trace_id)
    assert {span_id: span["attributes"]["case"] for span_id, span in stored.items()} == {
        span_id: text.kept for span_id, text in texts.items()
    }
    assert {span_id for span_id, span in stored.items() if MENDED in span["attributes"]} == {
        span_id for span_id, text in texts.items() if not text.is_valid
    }
    record_figure(f"texts in {encoding}, stored equal or mended and flagged", len(stored), ">= 200")
    if encoding == "protobuf":
        assert {span_id: span["name"] for span_id, span in stored.items()} == {
            span_id: text.kept for span_id, text in texts.items()
        }


SENDER = """
import json, sys
import telltale

telltale.init()
with telltale.span("corpus") as root:
    for at, text in enumerate(json.load(sys.stdin)):
        with telltale.span(str(at), kind="tool") as span:
            span.set(input=text)
print(root.trace_id)
"""


def test_texts_of_the_sdk_come_back_equal_and_half_characters_replaced(
    collector: CollectorProcess, record_figure: FigureRecorder
) -> None:
    texts = [text.kept for text in TEXTS] + LONE_SURROGATES
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    sender = subprocess.run(
        [sys.executable, "-c", SENDER],
        input=json.dumps(texts),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    spans = collector.trace(sender.stdout.strip())["spans"]
    found = {int(span["name"]): span["attributes"]["telltale.input.value"] for span in spans if span["kind"] == "tool"}
    assert found == {at: text.encode("utf-8", "replace").decode() for at, text in enumerate(texts)}
    record_figure("texts from the SDK, stored equal", len(found), ">= 200")


@pytest.mark.parametrize(("name", "broken"), UNREADABLE, ids=[name for name, _ in UNREADABLE])
def test_one_bad_span_in_ten_thousand_costs_itself_alone(
    collector: CollectorProcess, name: str, broken: bytes, record_figure: FigureRecorder
) -> None:
    collector.settle()
    before = collector.get("/api/v1/stats")["spans"]
    trace_id = bytes.fromhex(otlp.new_trace_id())
    good = [hostile.span_bytes(span_id=at.to_bytes(8, "big"), trace_id=trace_id) for at in range(1, 10_000)]
    content = collector.send(hostile.request_of(*good[:5000], broken, *good[5000:])).content
    partial = ExportTraceServiceResponse.FromString(content).partial_success
    assert partial.rejected_spans == 1, name
    assert partial.error_message, name
    collector.settle()
    stored = collector.get("/api/v1/stats")["spans"] - before
    record_figure("of 10,000 spans with a bad one: stored", stored, "9999")
    assert stored == 9_999


@pytest.mark.parametrize("depth", [100, 10_000, 100_000])
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_endless_nesting_never_fails_a_request(collector: CollectorProcess, encoding: str, depth: int) -> None:
    trace_id, span_id = otlp.new_trace_id(), otlp.new_span_id()
    if encoding == "protobuf":
        deep = hostile.attribute(b"case", hostile.nested_protobuf(depth))
        body = hostile.request_of(
            hostile.span_bytes(deep, span_id=bytes.fromhex(span_id), trace_id=bytes.fromhex(trace_id))
        )
        answer = collector.send(body)
    else:
        body = hostile.json_request(trace_id, (span_id, hostile.nested_json(depth)))
        answer = collector.send(body, content_type="application/json")
    assert answer.status_code == 200
    assert "nested too deep" in read_back(collector, trace_id)[span_id]["attributes"][MENDED][0]
