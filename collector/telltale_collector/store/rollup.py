"""A row of ``trace_rollups.sql`` as a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from telltale.semconv import GUARD_VERDICTS
from telltale_collector.model import Score, TraceSummary

_SAME = (
    "trace_id name service environment duration_ns spans errors open_spans last_sign llm_calls embedding_calls "
    "input_tokens output_tokens cost_usd unpriced_calls estimated_calls models user_id session_id tags"
).split()
_PREVIEW_CHARS = 300


def summary_of_row(row: Mapping[str, Any]) -> TraceSummary:
    rank = row["guard_rank"]
    return TraceSummary(
        **{name: row[name] for name in _SAME},
        start_time=row["trace_start"],
        status=row["trace_status"],
        ttft_ns=row["ttft_ns"] or None,
        guard_verdict=GUARD_VERDICTS[rank - 1] if rank else None,
        scores={},
        input_preview=_preview(row["input_preview"]),
        output_preview=_preview(row["output_preview"]),
    )


def merge_scores(summaries: Mapping[str, TraceSummary], scores: Sequence[Score]) -> None:
    """Put the latest value of each score onto its trace; ``scores`` come oldest first."""
    for score in scores:
        value = score.label if score.value is None else score.value
        summary = summaries.get(score.trace_id or "")
        if value is not None and summary is not None:
            summary.scores[score.name] = value


def _preview(text: str | None) -> str | None:
    return " ".join((unwrapped(text) or "")[:_PREVIEW_CHARS].split()) or None


def unwrapped(text: str | None) -> str | None:
    """Recorded arguments read better without their braces: of ``{"question": "..."}`` only the text is shown."""
    if not text or not text.startswith("{"):
        return text or None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    is_one_text = isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), str)
    return next(iter(value.values())) if is_one_text else text
