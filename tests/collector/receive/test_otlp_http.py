"""The OTLP routes of a running collector: every answer as the protocol asks."""

import gzip
import json
import socket
import sys
import zlib

import httpx
import otlp
import pytest
from collector_process import CollectorProcess
from google.rpc.status_pb2 import Status
from metric_traffic import at, counter, metrics_body
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSIONS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "identity": bytes,
    "GZIP": lambda body: gzip.compress(body[:40]) + gzip.compress(body[40:]),  # two members
}


def status_of(response: httpx.Response) -> Status:
    assert response.headers["content-type"] == "application/x-protobuf"
    return Status.FromString(response.content)


def test_a_good_request_is_answered_200_without_partial_success(collector: CollectorProcess) -> None:
    response = collector.send(otlp.traces_body(otlp.span()))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-protobuf"
    assert ExportTraceServiceResponse.FromString(response.content) == ExportTraceServiceResponse()


def test_a_json_request_is_answered_in_json(collector: CollectorProcess) -> None:
    response = collector.send(b'{"resourceSpans": []}', content_type="application/json; charset=utf-8")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == {}


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_an_empty_request_is_a_success(collector: CollectorProcess, signal: str) -> None:
    response = collector.send(b"", signal)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("encoding", COMPRESSIONS)
def test_compressed_bodies_arrive_whole(collector: CollectorProcess, encoding: str) -> None:
    sent = otlp.llm_span(question="compressed? " * 200)
    body = COMPRESSIONS[encoding](otlp.traces_body(sent))
    assert collector.send(body, content_encoding=encoding).status_code == 200
    (span,) = collector.trace(sent["trace_id"])["spans"]
    assert span["attributes"] == sent["attributes"]


def test_a_bad_span_among_good_ones_is_counted_and_explained(collector: CollectorProcess) -> None:
    good, bad = otlp.span("good"), otlp.span("bad", span_id="00" * 8)
    response = collector.send(otlp.traces_body(good, bad))
    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert (response.status_code, partial.rejected_spans) == (200, 1)
    assert partial.error_message == "span_id is not 8 non-zero bytes (1 item, first: 'bad')"
    assert [span["name"] for span in collector.trace(good["trace_id"])["spans"]] == ["good"]


def test_log_records_that_are_not_kept_are_refused_with_the_reason(collector: CollectorProcess) -> None:
    body = otlp.logs_body({"event": "", "body": "starting"})
    partial = ExportLogsServiceResponse.FromString(collector.send(body, "logs").content).partial_success
    assert partial.rejected_log_records == 1
    assert "not a GenAI event" in partial.error_message


def test_genai_metrics_are_a_plain_success_and_others_too(collector: CollectorProcess, otlp_fixtures) -> None:
    body = (otlp_fixtures / "otel-genai-openai/chat_basic-metrics/metrics.pb").read_bytes()
    for sent in (body, metrics_body(counter("http.server.requests", at(2, 1, as_int=1)))):
        response = collector.send(sent, "metrics")
        assert (response.status_code, response.content) == (200, b"")
    exposed = collector.client.get("/metrics").text
    assert 'telltale_metric_points_ignored_total{reason="other_instrument"}' in exposed


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_malformed_protobuf_is_400_with_a_status_that_says_so(collector: CollectorProcess, signal: str) -> None:
    response = collector.send(b"\x0a\xff\xff\xff", signal)
    assert response.status_code == 400
    assert "ServiceRequest in protobuf" in status_of(response).message


def test_malformed_json_is_400_with_a_status_in_json_that_says_where(collector: CollectorProcess) -> None:
    response = collector.send(b'{"resourceSpans": [{"scopeSpans": 7}]}', content_type="application/json")
    assert response.status_code == 400
    assert "resourceSpans[0].scopeSpans is not an array" in response.json()["message"]


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/xml", "application/x-protobufs"])
def test_another_content_type_is_415(collector: CollectorProcess, content_type: str) -> None:
    response = collector.send(otlp.traces_body(otlp.span()), content_type=content_type)
    assert response.status_code == 415
    assert "application/x-protobuf or application/json" in status_of(response).message


def test_an_unknown_compression_is_415(collector: CollectorProcess) -> None:
    assert collector.send(b"x", content_encoding="br").status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_damaged_or_cut_stream_is_400(collector: CollectorProcess, encoding: str) -> None:
    body = COMPRESSIONS[encoding](otlp.traces_body(otlp.span()) * 50)
    assert collector.send(b"not compressed", content_encoding=encoding).status_code == 400
    assert collector.send(body[:-5], content_encoding=encoding).status_code == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_inflates_beyond_the_limit_is_413(collector: CollectorProcess, encoding: str) -> None:
    bomb = COMPRESSIONS[encoding](bytes(80 << 20))
    assert len(bomb) < 100_000
    response = collector.send(bomb, content_encoding=encoding)
    assert response.status_code == 413
    assert "larger than" in status_of(response).message


def test_a_body_that_is_announced_too_large_is_413_before_it_is_sent(collector: CollectorProcess) -> None:
    head = (
        "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
        f"Content-Length: {65 << 20}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_the_wrong_method_is_405(collector: CollectorProcess) -> None:
    assert collector.client.get("/v1/traces").status_code == 405


def test_a_foreign_host_header_is_refused(collector: CollectorProcess) -> None:
    """Another site's name that resolves to loopback must not reach the prompts (DNS rebinding)."""
    response = collector.client.get("/api/v1/traces", headers={"host": "evil.example"})
    assert response.status_code == 400


def test_what_is_acknowledged_counts_in_the_metrics(collector: CollectorProcess) -> None:
    def received() -> float:
        lines = collector.client.get("/metrics").text.splitlines()
        values = [
            line.split()[-1] for line in lines if line.startswith('telltale_received_items_total{signal="traces"}')
        ]
        return float(values[0]) if values else 0.0

    before = received()
    collector.send(otlp.traces_body(otlp.span(), otlp.span(), otlp.span(trace_id="00" * 16)))
    assert received() == before + 2


def test_ids_of_any_case_in_json_are_one_id(collector: CollectorProcess) -> None:
    trace_id = otlp.new_trace_id()
    span = {"traceId": trace_id.upper(), "spanId": "ABCDEF0123456789", "name": "json", "startTimeUnixNano": "1"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    assert collector.send(body, content_type="application/json").status_code == 200
    (stored,) = collector.trace(trace_id)["spans"]
    assert (stored["span_id"], stored["name"]) == ("abcdef0123456789", "json")
