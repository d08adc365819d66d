"""Answers of the OTLP routes: protobuf or JSON, as the request was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Response
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status as RpcStatus
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telltale_collector.decode import Checked, Media
from telltale_collector.errors import TelltaleError
from telltale_collector.pipeline import OtlpSignal

_RPC_CODES = {
    400: Code.INVALID_ARGUMENT,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    503: Code.UNAVAILABLE,
}
_LONGEST_MESSAGE = 8 << 10
_RESPONSES: dict[OtlpSignal, tuple[Callable[[], Any], str]] = {
    OtlpSignal.TRACES: (ExportTraceServiceResponse, "rejected_spans"),
    OtlpSignal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    OtlpSignal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
}


def export_response(signal: OtlpSignal, checked: Checked) -> Message:
    """The Export*ServiceResponse; ``partial_success`` is set only when something was rejected or there is a warning."""
    make, rejected_field = _RESPONSES[signal]
    response: Any = make()
    if text := checked.message[:_LONGEST_MESSAGE]:
        setattr(response.partial_success, rejected_field, len(checked.rejects))
        response.partial_success.error_message = text
    message: Message = response
    return message


def success(signal: OtlpSignal, checked: Checked, media: Media) -> Response:
    """200 and the response."""
    return _encode(export_response(signal, checked), media, 200)


def failure(error: TelltaleError, media: Media) -> Response:
    """A ``google.rpc.Status`` that says what is wrong and what to do; 503 asks to come back in a second."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    status = RpcStatus(code=_RPC_CODES.get(error.status, Code.UNKNOWN), message=text[:_LONGEST_MESSAGE])
    response = _encode(status, media, error.status)
    if error.status == 503:
        response.headers["Retry-After"] = "1"
    return response


def _encode(message: Message, media: Media, status: int) -> Response:
    content = message.SerializeToString() if media is Media.PROTOBUF else MessageToJson(message, indent=None)
    return Response(content, status_code=status, media_type=media.value)
