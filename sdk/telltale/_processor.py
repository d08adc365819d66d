"""OpenTelemetry's hook into the life of spans: what happens when one starts and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telltale import _context

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context

_SPAN_WEIGHT: Final = 1024


class QueueingProcessor(SpanProcessor):
    """Puts the application's context on spans that start and queues those that end."""

    def __init__(self, put: Callable[[ReadableSpan, int], None]) -> None:
        self._put = put

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        attributes = _context.attributes()
        if attributes:
            span.set_attributes(attributes)

    def on_end(self, span: ReadableSpan) -> None:
        context = span.context
        if context is not None and context.trace_flags.sampled:
            self._put(span, _weight(span))


def _weight(span: ReadableSpan) -> int:
    """About how many bytes of memory a span holds."""
    return _SPAN_WEIGHT + sum(len(v) for v in (span.attributes or {}).values() if isinstance(v, str))
