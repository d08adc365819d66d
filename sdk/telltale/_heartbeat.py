"""Signs of life: what runs for long is told of while it runs, so that it is seen, and seen to stop if it does.

A span that has been open for ten seconds is sent as it stands, marked as open, and again at distances that grow with
its age. The finished span replaces it in the collector, which knows the order whatever arrives first.
"""

from __future__ import annotations

import math
import os
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telltale import semconv
from telltale._safely import log, safely

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context

_FIRST_S: Final = 10.0
_LONGEST_S: Final = 300.0
_LOOK_EVERY_S: Final = 1.0
_MOST: Final = 10_000
_MOST_AT_ONCE: Final = 500


def first_sign_s(environ: Mapping[str, str] = os.environ) -> float:
    """TELLTALE_HEARTBEAT_S: for how long a span is open when it is first told of; 0: never."""
    text = environ.get("TELLTALE_HEARTBEAT_S", "").strip()
    if not text:
        return _FIRST_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if math.isfinite(seconds) and seconds >= 0:
        return seconds
    log.warning("TELLTALE_HEARTBEAT_S %r must be a number of seconds, 0 for none; using %g", text, _FIRST_S)
    return _FIRST_S


@dataclass(slots=True)
class _Watched:
    """An open span; times are of the monotonic clock, in seconds."""

    span: weakref.ref[Span]
    began: float
    due: float


class Heartbeats(SpanProcessor):
    """Knows the open spans and tells of those that are open for long.

    Args:
        first_s: how long a span is open when it is told of first.
        can_tell: whether what is told now is delivered now: in an outage there is no sign of life to give.
        start: starts the background thread, which a forked child does not have.
    """

    def __init__(
        self,
        first_s: float,
        can_tell: Callable[[], bool] = lambda: True,
        start: Callable[[], None] = lambda: None,
    ) -> None:
        self._first_s = first_s
        self._can_tell = can_tell
        self._start = start
        self._is_started = True
        self._open: dict[int, _Watched] = {}
        self._look_at = 0.0
        os.register_at_fork(after_in_child=self._reset_in_child)

    def _reset_in_child(self) -> None:
        """What the parent has begun, the parent tells of."""
        self._open.clear()
        self._is_started = False

    @property
    def is_on(self) -> bool:
        return self._first_s > 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        context = span.context
        if context is not None and context.trace_flags.sampled and len(self._open) < _MOST:
            now = time.monotonic()
            self._open[context.span_id] = _Watched(weakref.ref(span), now, now + self._first_s)
            if not self._is_started:
                self._is_started = True
                self._start()

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None:
            self._open.pop(span.context.span_id, None)

    def tell(self, put: Callable[[ReadableSpan], None]) -> None:
        """Put what is due. For the background thread, as often as it likes."""
        now = time.monotonic()
        if now < self._look_at or not self._open or not self._can_tell():
            return
        self._look_at = now + min(_LOOK_EVERY_S, self._first_s)
        due = [(key, watched) for key, watched in list(self._open.items()) if watched.due <= now]
        for key, watched in due[:_MOST_AT_ONCE]:
            watched.due = now + min(max(now - watched.began, self._first_s), max(_LONGEST_S, self._first_s))
            span = watched.span()
            if span is None:  # forgotten by the application, which will not end it any more
                self._open.pop(key, None)
                continue
            with safely("tell of an open span"):
                if span.is_recording():
                    put(_as_it_stands(span, time.time_ns()))


def _as_it_stands(span: Span, now_ns: int) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), semconv.OPEN: True},
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=max(now_ns, span.start_time or 0),
        instrumentation_scope=span.instrumentation_scope,
    )
