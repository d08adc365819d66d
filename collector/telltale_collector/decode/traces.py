"""OTLP traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telltale_collector.decode import slices
from telltale_collector.decode.checked import Checked, Media, parse
from telltale_collector.decode.findings import Findings
from telltale_collector.decode.slices import SlicedRequest
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
    findings = Findings()
    request = parse(ExportTraceServiceRequest, body, media, findings)
    accepted = 0
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            bad = [(at, span, why) for at, span in enumerate(scope_spans.spans) if (why := _fault(span))]
            for _, span, why in bad:
                findings.reject(span.name or "unnamed span", why)
            for at, _, _ in reversed(bad):
                del scope_spans.spans[at]
            accepted += len(scope_spans.spans)
    payload = request.SerializeToString() if findings.changed else body
    return Checked(payload, accepted, findings.rejects, findings.warnings)


def _fault(span: Span) -> str | None:
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
    """The spans of a checked request. Resources are shared between spans: not to be changed."""
    for resource_spans in SlicedRequest.FromString(payload).resource_spans:
        resource = slices.resource(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            scope = slices.scope(scope_spans.scope)
            shared = _shared_leftover(resource_spans.schema_url, scope_spans.schema_url, scope)
            for span in scope_spans.spans:
                yield _raw_span(span, resource, scope, shared)


def _raw_span(span: Any, resource: dict[str, Any], scope: InstrumentationScope, shared: dict[str, Json]) -> RawSpan:
    status = slices.status(span.status)
    parent = span.parent_span_id
    own = _leftover(span)
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=parent.hex() if parent and parent != _NO_SPAN_ID else None,
        name=span.name,
        span_kind=span.kind,
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        status_code=status.code,
        status_message=status.message,
        scope_name=scope.name,
        scope_version=scope.version,
        trace_state=span.trace_state,
        attributes=slices.attributes(span.attributes),
        resource=resource,
        events=[_event(Span.Event.FromString(event)) for event in span.events],
        links=[_link(Span.Link.FromString(link)) for link in span.links],
        leftover=shared | own if own else shared,
    )


def _event(event: Span.Event) -> SpanEvent:
    return SpanEvent(event.name, min(event.time_unix_nano, MAX_TIME_NS), key_values(event.attributes))


def _link(link: Span.Link) -> SpanLink:
    return SpanLink(link.trace_id.hex(), link.span_id.hex(), key_values(link.attributes))


def _leftover(span: Any) -> dict[str, Json]:
    numbers = {
        "flags": span.flags,
        "droppedAttributesCount": span.dropped_attributes_count,
        "droppedEventsCount": span.dropped_events_count,
        "droppedLinksCount": span.dropped_links_count,
    }
    return {name: number for name, number in numbers.items() if number}


def _shared_leftover(resource_schema: str, scope_schema: str, scope: InstrumentationScope) -> dict[str, Json]:
    values: dict[str, Json] = {
        "resourceSchemaUrl": resource_schema,
        "scopeSchemaUrl": scope_schema,
        "scopeAttributes": key_values(scope.attributes),
    }
    return {name: value for name, value in values.items() if value}
