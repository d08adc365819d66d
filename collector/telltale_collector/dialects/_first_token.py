"""Time to first token, from the event that a library writes when the first piece arrives."""

from __future__ import annotations

from telltale_collector.model import RawSpan

_EVENTS = frozenset(
    {
        "First Token Stream Event",
        "first_token",
        "new_token",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "gen_ai.first_token",
        "ai.stream.firstChunk",
        "mlflow.chunk.item.0",
        "mlflow.chunk.0",
    }
)


def first_token_ns(span: RawSpan) -> int | None:
    """From the span's start to the first such event, in nanoseconds."""
    times = [event.time for event in span.events if event.name in _EVENTS]
    if not times:
        return None
    waited = min(times) - span.start_time
    return waited if waited >= 0 else None
