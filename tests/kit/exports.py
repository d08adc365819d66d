"""OTLP sent by hand: the same requests over HTTP in two encodings and over gRPC, and what comes back."""

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
import httpx
import otlp
from google.protobuf.json_format import MessageToDict, Parse
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

SERVICES = {"traces": "trace.v1.TraceService", "logs": "logs.v1.LogsService", "metrics": "metrics.v1.MetricsService"}
REQUESTS: dict[str, Any] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
RESPONSES: dict[str, Any] = {
    "traces": ExportTraceServiceResponse,
    "logs": ExportLogsServiceResponse,
    "metrics": ExportMetricsServiceResponse,
}
REJECTED = {"traces": "rejected_spans", "logs": "rejected_log_records", "metrics": "rejected_data_points"}
MEDIA = {"protobuf": "application/x-protobuf", "json": "application/json"}
DELTA = 1


@dataclass(frozen=True)
class Answer:
    """What came back: a response or a status, whichever way it came."""

    code: int | grpc.StatusCode
    response: Any = None
    status: Status = field(default_factory=Status)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return self.code in {200, grpc.StatusCode.OK}

    @property
    def has_partial_success(self) -> bool:
        return bool(self.response.HasField("partial_success"))

    def detail(self, kind: type[BadRequest | RetryInfo]) -> Any:
        """A detail of the status; None where there is none of this kind."""
        for packed in self.status.details:
            found = kind()
            if packed.Unpack(found):
                return found
        return None


class Way(Protocol):
    """One way to send one signal."""

    signal: str

    def send(self, request: Any) -> Answer:
        """A request's message, encoded as this way asks."""
        ...

    def send_bytes(self, body: bytes) -> Answer:
        """What may be no request at all."""
        ...

    def encode(self, request: Any) -> bytes: ...


@dataclass(frozen=True)
class HttpWay:
    signal: str
    compression: str
    client: httpx.Client
    encoding: str

    def encode(self, request: Any) -> bytes:
        return request.SerializeToString() if self.encoding == "protobuf" else as_json(request)

    def send(self, request: Any) -> Answer:
        return self.send_bytes(self.encode(request))

    def send_bytes(self, body: bytes) -> Answer:
        headers = {"content-type": MEDIA[self.encoding]}
        if self.compression == "gzip":
            body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
        return read_answer(self.client.post(f"/v1/{self.signal}", content=body, headers=headers), self.signal)


@dataclass(frozen=True)
class GrpcWay:
    signal: str
    compression: str
    channel: grpc.Channel

    def encode(self, request: Any) -> bytes:
        return request.SerializeToString()

    def send(self, request: Any) -> Answer:
        return self.send_bytes(self.encode(request))

    def send_bytes(self, body: bytes) -> Answer:
        call = self.channel.unary_unary(f"/opentelemetry.proto.collector.{SERVICES[self.signal]}/Export")
        kind = grpc.Compression.Gzip if self.compression == "gzip" else grpc.Compression.NoCompression
        try:
            answer = call(body, compression=kind, timeout=30)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or ())
            status = Status.FromString(trailers.get("grpc-status-details-bin", b""))
            return Answer(error.code(), status=status, headers=trailers)
        return Answer(grpc.StatusCode.OK, RESPONSES[self.signal].FromString(answer))


def read_answer(answer: httpx.Response, signal: str) -> Answer:
    """An HTTP answer, in the encoding that its content type says."""
    message = RESPONSES[signal]() if answer.status_code == 200 else Status()
    if answer.headers["content-type"] == MEDIA["json"]:
        Parse(answer.content, message)
    else:
        message.ParseFromString(answer.content)
    headers = dict(answer.headers)
    return (
        Answer(200, message, headers=headers)
        if answer.is_success
        else Answer(answer.status_code, None, message, headers)
    )


def as_json(request: Any) -> bytes:
    """OTLP's JSON of a request: enums as numbers, ids as hex."""
    tree = MessageToDict(request, use_integers_for_enums=True)
    _put_hex_ids(request, tree)
    return json.dumps(tree, ensure_ascii=False).encode()


def _put_hex_ids(message: Any, tree: dict) -> None:
    for descriptor, value in message.ListFields():
        if descriptor.name in {"trace_id", "span_id", "parent_span_id"}:
            tree[descriptor.json_name] = value.hex()
        elif descriptor.type == descriptor.TYPE_MESSAGE:
            pairs = (
                zip(value, tree[descriptor.json_name], strict=True)
                if descriptor.is_repeated
                else [(value, tree[descriptor.json_name])]
            )
            for child, branch in pairs:
                _put_hex_ids(child, branch)


# --- requests of each signal ------------------------------------------------------------


def request_with(signal: str, *, good: int = 0, bad: int = 0, text: str = "a text") -> Any:
    """A request of so many good and bad items; the good ones hold ``text``."""
    return _MAKERS[signal](good, bad, text)


def _traces(good: int, bad: int, text: str) -> Any:
    spans = [otlp.span("good", attributes={"text": text}) for _ in range(good)]
    return otlp.traces_request(*spans, *(otlp.span("bad", span_id="00" * 8) for _ in range(bad)))


def _logs(good: int, bad: int, text: str) -> Any:
    event = "gen_ai.user.message"
    records = [
        {"event": event, "body": text, "trace_id": otlp.new_trace_id(), "span_id": otlp.new_span_id()}
        for _ in range(good)
    ]
    return ExportLogsServiceRequest.FromString(otlp.logs_body(*records, *({"event": event} for _ in range(bad))))


def _metrics(good: int, bad: int, text: str) -> Any:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="gen_ai.client.token.usage")
    metric.histogram.aggregation_temporality = DELTA  # type: ignore[assignment]
    for at in range(good + bad):
        now = time.time_ns() if at < good else 0
        point = metric.histogram.data_points.add(time_unix_nano=now, start_time_unix_nano=now, count=1, sum=5.0)
        point.attributes.add(key="gen_ai.token.type").value.string_value = text
        point.bucket_counts.append(1)
    return request


_MAKERS = {"traces": _traces, "logs": _logs, "metrics": _metrics}
