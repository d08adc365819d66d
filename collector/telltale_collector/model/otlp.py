"""Telemetry as it came, decoded and validated; nothing interpreted."""

from __future__ import annotations

from dataclasses import dataclass, field

from telltale import semconv
from telltale_collector.model.primitives import AttributeValue, Json, TimeNs

_OPEN_NS: TimeNs = 30 * 86_400 * 1_000_000_000


@dataclass(slots=True)
class SpanEvent:
    name: str
    time: TimeNs
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class SpanLink:
    trace_id: str
    span_id: str
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class RawSpan:
    """A span as it came, decoded from OTLP and validated; nothing interpreted.

    ``leftover`` holds what the other fields do not (flags, dropped counts, schema URLs, scope attributes), by OTLP/JSON
    name and only where it is not the default, so that the span can be given back as it came.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    span_kind: int
    start_time: TimeNs
    end_time: TimeNs
    status_code: int
    status_message: str
    scope_name: str
    scope_version: str
    trace_state: str
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]
    events: list[SpanEvent]
    links: list[SpanLink]
    leftover: dict[str, Json]

    @property
    def is_open(self) -> bool:
        """Its sender has told of it before it was over."""
        return semconv.OPEN in self.attributes and self.attributes[semconv.OPEN] is True

    def version(self, at: TimeNs) -> TimeNs:
        """What orders the versions of one span, of what came ``at`` that time: of two, the higher one holds.

        A span that was still open gives way to the finished one, whichever comes first or comes again.
        """
        return at - _OPEN_NS if self.is_open else at

    def arrival(self, version: TimeNs) -> TimeNs:
        """When the version came."""
        return version + _OPEN_NS if self.is_open else version


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One span or log record that cannot be stored, as an OTLP export request in protobuf, and why."""

    project: str
    signal: str
    reason: str
    payload: bytes
    received_at: TimeNs


@dataclass(slots=True)
class LogEvent:
    """A GenAI log record that belongs to a span: messages, call details, an evaluation result."""

    event_id: str
    trace_id: str
    span_id: str
    name: str
    time: TimeNs
    attributes: dict[str, AttributeValue]
    body: AttributeValue
    scope_name: str
    resource: dict[str, AttributeValue]
