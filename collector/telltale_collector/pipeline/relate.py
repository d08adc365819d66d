"""Spans of one trace, seen together: which of them describe the same call (see ``duplicates.py``).

A trace comes in pieces. Each batch looks at its traces as they stand with it, and what the new pieces change about
spans that are stored already is stored anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from telltale_collector.model import Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import JUDGED_KINDS, find_duplicates, outline
from telltale_collector.store.reader import Reader

_MARGIN_NS: TimeNs = 3600 * 1_000_000_000
"""Spans of one call lie close together: more than this around a batch is not looked at."""

_LATEST: TimeNs = 2**63 - 1

SpanKey = tuple[str, str]
"""(trace id, span id)."""


def mark_duplicates(reader: Reader, project: str, spans: Sequence[Settled]) -> list[SpanKey]:
    """Set ``duplicate_of`` on the batch's spans, and name the stored spans whose mark is no longer right.

    Args:
        reader: gives the stored spans of the same traces.
        project: whose spans.
        spans: one project's spans of a batch; changed in place.
    """
    judged = [span for span in spans if span.call.kind in JUDGED_KINDS]
    if not judged:
        return []
    traces = _traces_as_they_stand(reader, project, spans, {span.raw.trace_id for span in judged})
    in_batch = {(span.raw.trace_id, span.raw.span_id): span for span in spans}
    outdated: list[SpanKey] = []
    for trace_id, outlines in traces.items():
        marks = find_duplicates(outlines.values())
        for span_id, known in outlines.items():
            mine = in_batch.get((trace_id, span_id))
            if mine is not None:
                mine.duplicate_of = marks.get(span_id)
            elif known.duplicate_of != marks.get(span_id):
                outdated.append((trace_id, span_id))
    return outdated


def _traces_as_they_stand(
    reader: Reader, project: str, spans: Sequence[Settled], trace_ids: set[str]
) -> Mapping[str, dict[str, SpanOutline]]:
    """{trace id: {span id: outline}}: what is stored, and over it what the batch brings."""
    concerned = [span for span in spans if span.raw.trace_id in trace_ids]
    starts = [span.raw.start_time for span in concerned]
    times = (max(0, min(starts) - _MARGIN_NS), min(_LATEST, max(starts) + _MARGIN_NS))
    traces: dict[str, dict[str, SpanOutline]] = {trace_id: {} for trace_id in trace_ids}
    for stored in reader.outlines(project, sorted(trace_ids), times):
        traces[stored.trace_id][stored.span_id] = stored
    for span in concerned:
        traces[span.raw.trace_id][span.raw.span_id] = replace(outline(span), duplicate_of=span.duplicate_of)
    return traces
