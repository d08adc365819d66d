"""OTLP over gRPC, by a bare client and by the stock exporter (see also ``tests/e2e``)."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import grpc
import otlp
import pytest
from collector_process import CollectorProcess, free_port
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from telltale_collector.errors import StartError
from telltale_collector.settings import read_settings

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CollectorProcess, grpc.Channel]]:
    port = free_port()
    collector = CollectorProcess(tmp_path_factory.mktemp("grpc") / "data", "--grpc-port", str(port)).start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield collector, channel
    collector.stop()


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_spans_arrive_and_the_answer_is_empty(serving, compression: grpc.Compression) -> None:
    collector, channel = serving
    sent = otlp.llm_span()
    answer = TraceServiceStub(channel).Export(otlp.traces_request(sent), compression=compression)
    assert answer == ExportTraceServiceResponse()
    (span,) = collector.trace(sent["trace_id"])["spans"]
    assert span["attributes"] == sent["attributes"]


def test_a_bad_span_is_counted_and_explained(serving) -> None:
    _, channel = serving
    partial = (
        TraceServiceStub(channel).Export(otlp.traces_request(otlp.span(), otlp.span(span_id="00" * 8))).partial_success
    )
    assert partial.rejected_spans == 1
    assert "span_id is not 8 non-zero bytes" in partial.error_message


def test_log_events_and_metrics_have_their_services(serving) -> None:
    _, channel = serving
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    body = otlp.logs_body({"event": "", "body": "starting"})
    assert (
        LogsServiceStub(channel).Export(ExportLogsServiceRequest.FromString(body)).partial_success.rejected_log_records
    )
    assert not MetricsServiceStub(channel).Export(ExportMetricsServiceRequest()).partial_success.error_message


def test_a_malformed_request_is_invalid_argument_with_details(serving) -> None:
    _, channel = serving
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(EXPORT)(b"\x0a\xff\xff\xff")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    trailers = dict(refused.value.trailing_metadata())
    assert "in protobuf" in Status.FromString(trailers["grpc-status-details-bin"]).message


def test_a_message_over_the_limit_is_resource_exhausted(serving) -> None:
    _, channel = serving
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(EXPORT)(bytes((64 << 20) + 1))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_overload_asks_to_come_back_in_a_second(tmp_path) -> None:
    port = free_port()
    collector = CollectorProcess(
        tmp_path / "data", "--grpc-port", str(port), "--wal-budget-bytes", "1", "--linger-ms", "60000"
    ).start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            TraceServiceStub(channel).Export(otlp.traces_request(otlp.span()))
            with pytest.raises(grpc.RpcError) as refused:
                TraceServiceStub(channel).Export(otlp.traces_request(otlp.span()))
            over_http = collector.send(otlp.traces_body(otlp.span()))
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        trailers = dict(refused.value.trailing_metadata())
        assert RetryInfo.FromString(trailers["google.rpc.retryinfo-bin"]).retry_delay.seconds == 1
        assert Status.FromString(trailers["grpc-status-details-bin"]).details
        assert (over_http.status_code, over_http.headers["retry-after"]) == (503, "1")
    finally:
        collector.stop()


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({}, "127.0.0.1:4317"),
        ({"port": "5000"}, None),
        ({"grpc_port": "off"}, None),
        ({"port": "5000", "grpc_port": "5001"}, "127.0.0.1:5001"),
        ({"host": "::1"}, "[::1]:4317"),
    ],
)
def test_grpc_is_served_beside_the_default_port_or_where_it_is_asked_for(options: dict, address: str | None) -> None:
    assert read_settings(options, {}).grpc_address == address


def test_a_grpc_port_that_is_none_is_refused() -> None:
    with pytest.raises(StartError, match="grpc_port"):
        read_settings({"grpc_port": "maybe"}, {})


def test_a_grpc_port_that_was_asked_for_and_is_taken_is_said_in_one_line(tmp_path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "telltale._cli", "up", "--port", "0", "--grpc-port", port]
        done = subprocess.run(
            [*command, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert f"gRPC address 127.0.0.1:{port} is taken" in done.stderr.splitlines()[-1]
