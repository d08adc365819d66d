"""OTLP traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from telltale_collector.decode.checked import Checked, Media, Reject, parse
from telltale_collector.decode.values import key_values
from telltale_collector.model import Json, RawSpan, SpanEvent, SpanLink

MAX_TIME_NS = 2**63 - 1
"""The last instant a 64-bit nanosecond clock can hold (year 2262)."""

_NO_TRACE_ID = bytes(16)
_NO_SPAN_ID = bytes(8)


def check_traces(body: bytes, media: Media) -> Checked:
    """Decode, set bad spans aside, and give the rest back as protobuf.

    Raises:
        BadRequest: the body as a whole is not an ExportTraceServiceRequest.
    """
    rejects: list[Reject] = []
    request = parse(ExportTraceServiceRequest, body, media, rejects)
    accepted = 0
    unchanged = media is Media.PROTOBUF
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            bad = [(at, span, why) for at, span in enumerate(scope_spans.spans) if (why := _fault(span))]
            rejects.extend(Reject(span.name or "unnamed span", why) for _, span, why in bad)
            for at, _, _ in reversed(bad):
                del scope_spans.spans[at]
            unchanged = unchanged and not bad
            accepted += len(scope_spans.spans)
    return Checked(body if unchanged else request.SerializeToString(), accepted, rejects)


def _fault(span: SpanMessage) -> str | None:
    """Why this span cannot be stored, or None."""
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE_ID:
        return "trace_id is not 16 non-zero bytes"
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN_ID:
        return "span_id is not 8 non-zero bytes"
    if span.parent_span_id and len(span.parent_span_id) != 8:
        return "parent_span_id is not 8 bytes"
    if span.start_time_unix_nano > MAX_TIME_NS or span.end_time_unix_nano > MAX_TIME_NS:
        return "a time lies after the year 2262"
    return None


def read_spans(payload: bytes) -> Iterator[RawSpan]:
    """The spans of a checked request."""
    request = ExportTraceServiceRequest.FromString(payload)
    for resource_spans in request.resource_spans:
        resource = key_values(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            shared = _shared_leftover(resource_spans, scope_spans)
            for span in scope_spans.spans:
                yield _raw_span(span, resource, scope_spans, shared)


def _raw_span(span: SpanMessage, resource: dict[str, Any], scope_spans: ScopeSpans, shared: dict[str, Json]) -> RawSpan:
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() if span.parent_span_id.strip(b"\0") else None,
        name=span.name,
        span_kind=span.kind,
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        status_code=span.status.code,
        status_message=span.status.message,
        scope_name=scope_spans.scope.name,
        scope_version=scope_spans.scope.version,
        trace_state=span.trace_state,
        attributes=key_values(span.attributes),
        resource=resource,
        events=[
            SpanEvent(event.name, min(event.time_unix_nano, MAX_TIME_NS), key_values(event.attributes))
            for event in span.events
        ],
        links=[SpanLink(link.trace_id.hex(), link.span_id.hex(), key_values(link.attributes)) for link in span.links],
        leftover=shared | _leftover(span),
    )


def _leftover(span: SpanMessage) -> dict[str, Json]:
    numbers = {
        "flags": span.flags,
        "droppedAttributesCount": span.dropped_attributes_count,
        "droppedEventsCount": span.dropped_events_count,
        "droppedLinksCount": span.dropped_links_count,
    }
    return {name: number for name, number in numbers.items() if number}


def _shared_leftover(resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> dict[str, Json]:
    values: dict[str, Json] = {
        "resourceSchemaUrl": resource_spans.schema_url,
        "scopeSchemaUrl": scope_spans.schema_url,
        "scopeAttributes": key_values(scope_spans.scope.attributes),
    }
    return {name: value for name, value in values.items() if value}
