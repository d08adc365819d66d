"""The canonical span: on its way into the store, and out of it."""

from __future__ import annotations

from dataclasses import dataclass

from telltale_collector.model.call import Call
from telltale_collector.model.otlp import RawSpan, SpanEvent, SpanLink
from telltale_collector.model.primitives import AttributeValue, Status, TimeNs


@dataclass(slots=True)
class Settled:
    """A span that is ready for the store: as it came, and as it was read.

    ``received_at`` orders the versions of one span: the newest holds.
    """

    project: str
    raw: RawSpan
    dialect: str | None
    call: Call
    received_at: TimeNs
    session_id: str | None = None
    user_id: str | None = None
    duplicate_of: str | None = None


@dataclass(slots=True, kw_only=True)
class Span(Call):
    """The canonical span: one row per span, as the store gives it and the API and pages show it.

    ``input_text`` and ``output_text`` are the messages as plain text. ``duration_ns`` is end minus start.
    Of a span that ``is_open`` the end has not come: ``end_time`` is when its process was last heard of.
    """

    project: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    service: str | None
    environment: str | None
    scope: str | None
    dialect: str | None
    start_time: TimeNs
    end_time: TimeNs
    duration_ns: int
    status: Status
    status_message: str | None
    input_text: str | None
    output_text: str | None
    duplicate_of: str | None
    is_open: bool
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]
    events: list[SpanEvent]
    links: list[SpanLink]


@dataclass(slots=True)
class SpanOutline:
    """What is needed of a span to see it within its trace. Counts that the collector made itself are left out."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    kind: str
    scope: str | None
    start_time: TimeNs
    end_time: TimeNs
    response_id: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    session_id: str | None = None
    user_id: str | None = None
    duplicate_of: str | None = None
    received_at: TimeNs = 0

    @property
    def key(self) -> tuple[str, str]:
        return (self.trace_id, self.span_id)

    @property
    def has_usage(self) -> bool:
        return self.input_tokens is not None or self.output_tokens is not None
