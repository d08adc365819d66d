"""Answers of the OTLP routes: protobuf or JSON, as the request was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telltale_collector.decode import Checked, Media
from telltale_collector.errors import TelltaleError
from telltale_collector.pipeline import OtlpSignal
from telltale_collector.receive.refusal import refusal, retry_info

_LONGEST_MESSAGE = 8 << 10
"""Of a text in an answer; the whole answer may have 4 MiB, and logs are read by people."""

_RESPONSES: dict[OtlpSignal, tuple[Callable[[], Any], str]] = {
    OtlpSignal.TRACES: (ExportTraceServiceResponse, "rejected_spans"),
    OtlpSignal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    OtlpSignal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
}


@dataclass(slots=True)
class Answer:
    """A response as it goes out, but for its length. Header names are lower case."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def export_response(signal: OtlpSignal, checked: Checked) -> Message:
    """The Export*ServiceResponse; ``partial_success`` is set only when something was rejected or there is a warning."""
    make, rejected_field = _RESPONSES[signal]
    response: Any = make()
    if text := checked.message[:_LONGEST_MESSAGE]:
        setattr(response.partial_success, rejected_field, len(checked.rejects))
        response.partial_success.error_message = text
    message: Message = response
    return message


def success(signal: OtlpSignal, checked: Checked, media: Media) -> Answer:
    """200 and the response."""
    return _encode(export_response(signal, checked), media, 200)


def failure(error: TelltaleError, media: Media) -> Answer:
    """A ``google.rpc.Status`` that says what is wrong and what to do; 503 asks to come back in a second."""
    answer = _encode(refusal(error, _LONGEST_MESSAGE), media, error.status)
    if retry := retry_info(error):
        answer.headers.append(("retry-after", str(retry.retry_delay.seconds)))
    return answer


def _encode(message: Message, media: Media, status: int) -> Answer:
    content = message.SerializeToString() if media is Media.PROTOBUF else MessageToJson(message, indent=None).encode()
    return Answer(status, content, [("content-type", media.value)])
