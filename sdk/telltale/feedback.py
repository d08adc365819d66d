"""``telltale.score``: what somebody or something thinks of a span, trace or session."""

from __future__ import annotations

import uuid
from typing import Any, Literal, TypeAlias

from opentelemetry import trace

from telltale import _context, _runtime, semconv
from telltale._content import to_text
from telltale._kinds import word
from telltale._safely import log, safely

Source: TypeAlias = Literal["human", "judge", "code", "guard", "user"]


def score(  # noqa: PLR0913 - each is one column of a score
    name: str,
    value: float | None = None,
    *,
    label: str | None = None,
    comment: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
    source: Source = "user",
    author: str | None = None,
    score_id: str | None = None,
) -> str:
    """Record a score. Never raises, never waits.

    Args:
        name: what was judged; ``feedback`` is the end user's thumb, 1 or -1.
        value: a number or bool.
        label: a word, instead of a value or beside it.
        comment: why; content, so it follows the capture mode.
        trace_id: 32 hex digits; without it, the current span is scored.
        span_id: 16 hex digits, of a span in that trace.
        session_id: the session, when there is no trace, or beside it.
        source: who judged.
        author: the person's, judge's or check's name.
        score_id: makes a repetition count once; else a new one.

    Returns:
        The score's id.

    Example:
        >>> with telltale.span("answer") as step:
        ...     pass
        >>> score_id = telltale.score("feedback", 1, trace_id=step.trace_id, comment="helpful")
    """
    identity = score_id or uuid.uuid4().hex
    with safely("record a score"):
        attributes: dict[str, Any] = {
            semconv.EVALUATION_NAME: str(name),
            semconv.EVALUATION_VALUE: None if value is None else float(value),
            semconv.EVALUATION_LABEL: None if label is None else word(label),
            semconv.EVALUATION_EXPLANATION: None if comment is None else to_text(comment),
            semconv.SCORE_ID: identity,
            semconv.SCORE_SOURCE: _known(source),
            semconv.SCORE_AUTHOR: author,
            semconv.SESSION_ID: session_id or _context.attributes().get(semconv.SESSION_ID),
        }
        runtime = _runtime.current()
        place = _place(trace_id, span_id)
        present = {key: item for key, item in attributes.items() if item is not None}
        runtime.emit(_runtime.ScoreEvent(*place, runtime.now(), present))
    return identity


def _known(source: str) -> str:
    if source in semconv.SCORE_SOURCES:
        return source
    log.warning("score source %r is unknown; use one of %s. taken as 'code'", source, ", ".join(semconv.SCORE_SOURCES))
    return "code"


def _place(trace_id: str | None, span_id: str | None) -> tuple[int, int]:
    """The trace and span that are meant, as integers; 0 for none."""
    if trace_id is None and span_id is None:
        context = trace.get_current_span().get_span_context()
        return context.trace_id, context.span_id
    return _hex(trace_id, "trace_id", 128), _hex(span_id, "span_id", 64)


def _hex(text: str | None, what: str, bits: int) -> int:
    try:
        number = int((text or "0").replace("-", ""), 16)  # a trace id in a UUID's clothes is one, too
    except ValueError:
        number = -1
    if 0 <= number < 2**bits:
        return number
    log.warning(
        "score with an unusable %s %r; give the hex digits of span.%s. the score is kept without",
        what,
        text,
        what,
    )
    return 0
