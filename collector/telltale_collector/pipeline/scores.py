"""A score is an OpenTelemetry evaluation event: from the SDK, the API, or any library that writes them."""

from __future__ import annotations

import math

from telltale import semconv as names
from telltale_collector.model import AttributeValue, LogEvent, Score


def score_of_event(event: LogEvent) -> Score:
    """Read ``gen_ai.evaluation.result``; its id is the sender's, else a digest of the event."""
    given = event.attributes
    source = given.get(names.SCORE_SOURCE)
    value = given.get(names.EVALUATION_VALUE)
    return Score(
        score_id=_text(given.get(names.SCORE_ID)) or event.event_id,
        trace_id=event.trace_id or None,
        span_id=event.span_id or None,
        session_id=_text(given.get(names.SESSION_ID)),
        name=_text(given.get(names.EVALUATION_NAME)) or "unnamed",
        value=float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None,
        label=_text(given.get(names.EVALUATION_LABEL)) or _text(given.get(names.ERROR_TYPE)),
        comment=_text(given.get(names.EVALUATION_EXPLANATION)),
        source=str(source) if source in names.SCORE_SOURCES else "judge",
        author=_text(given.get(names.SCORE_AUTHOR)),
        evaluator_version=_text(given.get(names.SCORE_EVALUATOR_VERSION)),
        created_at=event.time,
    )


def _text(value: AttributeValue) -> str | None:
    return None if value is None or value == "" else str(value)
