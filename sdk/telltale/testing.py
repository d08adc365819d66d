"""Spans as plain dicts, with the same ids and times in every run: for tests of instrumented code.

with telltale.testing.capture() as captured:
    answer("What is the capital of France?")
assert [span["name"] for span in captured.spans] == ["answer", "chat gpt-5-mini"]
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import format_span_id, format_trace_id

from telltale import _runtime, instruments
from telltale._masking import Policy
from telltale._processor import QueueingProcessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telltale._masking import Capture
    from telltale._runtime import ScoreEvent

START_NS: Final = 1_700_000_000_000_000_000
TICK_NS: Final = 1_000_000


class Captured:
    """What was recorded so far.

    Attributes:
        spans: finished spans in the order they started, each ``{"name", "kind", "trace_id", "span_id",
            "parent_span_id", "start_ns", "end_ns", "status", "status_message", "attributes", "events"}``.
        scores: each ``{"trace_id", "span_id", "time_ns", "attributes"}``; ids are None where there is none.

    Example:
        >>> with testing.capture() as captured, telltale.span("outer"), telltale.span("inner"):
        ...     pass
        >>> [span["name"] for span in captured.spans]
        ['outer', 'inner']
        >>> captured.span("inner")["parent_span_id"] == captured.span("outer")["span_id"]
        True
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._spans: list[ReadableSpan] = []
        self._scores: list[ScoreEvent] = []

    @property
    def spans(self) -> list[dict[str, Any]]:
        instruments.end_left_calls(0.0)
        finished = sorted(self._spans, key=lambda span: span.start_time or 0)
        return [_as_dict(self._policy.span(span)) for span in finished]

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [self._score_dict(event) for event in self._scores]

    def span(self, name: str) -> dict[str, Any]:
        """The one span of that name.

        Raises:
            LookupError: there is none, or more than one.
        """
        spans = self.spans
        named = [span for span in spans if span["name"] == name]
        if len(named) != 1:
            raise LookupError(f"{len(named)} spans are named {name!r}; there are {[span['name'] for span in spans]}")
        return named[0]

    def _score_dict(self, event: ScoreEvent) -> dict[str, Any]:
        return {
            "trace_id": format_trace_id(event.trace_id) if event.trace_id else None,
            "span_id": format_span_id(event.span_id) if event.span_id else None,
            "time_ns": event.time_ns,
            "attributes": self._policy.attributes(event.attributes),
        }


class _CountingIds(IdGenerator):
    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        return next(self._traces)

    def generate_span_id(self) -> int:
        return next(self._spans)


@contextmanager
def capture(
    *, capture: Capture = "full", mask: Callable[[str], str] | None = None, instrument: bool = True
) -> Iterator[Captured]:
    """Record spans and scores in memory instead of sending them, whether or not ``init()`` was called.

    Ids count from 1; the clock starts at ``START_NS`` and moves by ``TICK_NS`` each time that it is read.

    Args:
        capture: the capture mode, as for ``init``.
        mask: the mask function, as for ``init``.
        instrument: whether calls of supported libraries are traced, too.

    Example:
        >>> with testing.capture() as captured, telltale.span("answer") as step:
        ...     _ = step.set(input="a question")
        >>> captured.span("answer")["attributes"]["telltale.input.value"]
        'a question'
    """
    policy = Policy(capture, mask)
    captured = Captured(policy)
    clock = itertools.count(START_NS, TICK_NS)
    provider = TracerProvider(
        sampler=ALWAYS_ON, resource=Resource({}), id_generator=_CountingIds(), shutdown_on_exit=False
    )
    provider.add_span_processor(QueueingProcessor(lambda span, _weight: captured._spans.append(span)))  # noqa: SLF001
    runtime = _runtime.Runtime(
        tracer=provider.get_tracer("telltale"),
        policy=policy,
        now=lambda: next(clock),
        emit=captured._scores.append,  # noqa: SLF001
        is_live=True,
    )
    instruments.install(instrument)
    previous = _runtime.install(runtime)
    try:
        yield captured
    finally:
        instruments.end_left_calls(0.0)
        _runtime.install(previous)


def _as_dict(span: ReadableSpan) -> dict[str, Any]:
    context = span.context
    return {
        "name": span.name,
        "kind": span.kind.name.lower(),
        "trace_id": format_trace_id(context.trace_id if context else 0),
        "span_id": format_span_id(context.span_id if context else 0),
        "parent_span_id": format_span_id(span.parent.span_id) if span.parent else None,
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "status": span.status.status_code.name.lower(),
        "status_message": span.status.description,
        "attributes": {k: list(v) if isinstance(v, (tuple, list)) else v for k, v in (span.attributes or {}).items()},
        "events": [{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
    }
