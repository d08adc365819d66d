"""Spans and scores as OTLP protobuf, and what the collector's answer says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from telltale import semconv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message
    from opentelemetry.sdk.trace import ReadableSpan

    from telltale._masking import Policy
    from telltale._runtime import ScoreEvent

SCOPE: Final = "telltale"
_INFO: Final = 9


class Partial(NamedTuple):
    """The part of a request that the collector set aside."""

    rejected: int
    message: str


def spans_body(spans: Sequence[ReadableSpan], policy: Policy) -> bytes:
    body: bytes = encode_spans([policy.span(span) for span in spans]).SerializeToString()
    return body


def scores_body(events: Sequence[ScoreEvent], policy: Policy, resource: Mapping[str, Any]) -> bytes:
    records = [_record(event, policy) for event in events]
    scope = ScopeLogs(scope=InstrumentationScope(name=SCOPE), log_records=records)
    request = ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=Resource(attributes=_pairs(resource)), scope_logs=[scope])]
    )
    body: bytes = request.SerializeToString()
    return body


def spans_answer(body: bytes) -> Partial | None:
    """None when the body is not an OTLP answer."""
    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return None
    return Partial(partial.rejected_spans, partial.error_message)


def scores_answer(body: bytes) -> Partial | None:
    """None when the body is not an OTLP answer."""
    try:
        partial = ExportLogsServiceResponse.FromString(body).partial_success
    except DecodeError:
        return None
    return Partial(partial.rejected_log_records, partial.error_message)


def spans_halves(body: bytes) -> tuple[tuple[int, bytes], tuple[int, bytes]] | None:
    """A request in two, with their numbers of spans; None when it holds a single one."""
    request = ExportTraceServiceRequest.FromString(body)
    first, second = ExportTraceServiceRequest(), ExportTraceServiceRequest()
    total = sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)
    left = total // 2
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for half, spans in ((first, scope.spans[:left]), (second, scope.spans[left:])):
                part = ScopeSpans(scope=scope.scope, schema_url=scope.schema_url, spans=spans)
                half.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url, scope_spans=[part])
            left = max(0, left - len(scope.spans))
    return _both(total, first, second)


def scores_halves(body: bytes) -> tuple[tuple[int, bytes], tuple[int, bytes]] | None:
    """A request in two, with their numbers of scores; None when it holds a single one."""
    (resource,) = ExportLogsServiceRequest.FromString(body).resource_logs
    (scope,) = resource.scope_logs
    total = len(scope.log_records)
    first, second = (
        ExportLogsServiceRequest(
            resource_logs=[
                ResourceLogs(resource=resource.resource, scope_logs=[ScopeLogs(scope=scope.scope, log_records=records)])
            ]
        )
        for records in (scope.log_records[: total // 2], scope.log_records[total // 2 :])
    )
    return _both(total, first, second)


def _both(total: int, first: Message, second: Message) -> tuple[tuple[int, bytes], tuple[int, bytes]] | None:
    if total < 2:
        return None
    return (total // 2, first.SerializeToString()), (total - total // 2, second.SerializeToString())


def _record(event: ScoreEvent, policy: Policy) -> LogRecord:
    return LogRecord(
        time_unix_nano=event.time_ns,
        observed_time_unix_nano=event.time_ns,
        severity_number=_INFO,  # type: ignore[arg-type]
        event_name=semconv.EVALUATION_EVENT,
        attributes=_pairs(policy.attributes(event.attributes)),
        trace_id=event.trace_id.to_bytes(16, "big") if event.trace_id else b"",
        span_id=event.span_id.to_bytes(8, "big") if event.span_id else b"",
    )


def _pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value))
