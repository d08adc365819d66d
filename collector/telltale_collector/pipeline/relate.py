"""Spans seen together: which describe the same call (``duplicates.py``), and whose each call is.

A session and a user are often said on the root alone, while money is spent below it: a call that does not say takes
them from the nearest span above it that does.

A trace comes in pieces. Each batch looks at its traces as they stand with it, and what the new pieces change about
spans that are stored already is stored anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telltale_collector.model import Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import JUDGED_KINDS, SpanKey, find_duplicates, outline
from telltale_collector.pipeline.recent import RecentRoots
from telltale_collector.store.reader import Reader

_MARGIN_NS: TimeNs = 3600 * 1_000_000_000
"""Spans of one call lie close together: more than this around a batch is not looked at."""

_LATEST: TimeNs = 2**63 - 1

_OWNED_KINDS = {*JUDGED_KINDS, "guardrail"}
"""Kinds whose spans are summed by session and user."""

_Outlines = Mapping[SpanKey, SpanOutline]


@dataclass(frozen=True, slots=True)
class _Relation:
    """What a span has from the spans it is seen with."""

    duplicate_of: str | None
    session_id: str | None
    user_id: str | None


class Relations:
    """Relates the spans of a batch to each other and to what is stored."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._roots = RecentRoots()

    def load(self) -> None:
        """Remember what came before this process began."""
        self._roots.load(self._reader)

    def relate(self, project: str, spans: Sequence[Settled]) -> list[SpanKey]:
        """Set on the spans what they have from others, and name stored spans that are no longer right.

        Args:
            project: whose spans.
            spans: one project's spans of a batch; changed in place.
        """
        trace_ids = {span.raw.trace_id for span in spans if _concerns_others(span)}
        if not trace_ids:
            return []
        trace_ids |= self._roots.add(project, [outline(span) for span in spans])
        outlines = self._as_they_stand(project, spans, trace_ids)
        in_batch = {(span.raw.trace_id, span.raw.span_id): span for span in spans}
        outdated: list[SpanKey] = []
        for key, relation in _relations(outlines).items():
            mine = in_batch.get(key)
            if mine is not None:
                _set(mine, relation)
            elif relation != _stored(outlines[key]):
                outdated.append(key)
        return outdated

    def _as_they_stand(self, project: str, spans: Sequence[Settled], trace_ids: set[str]) -> _Outlines:
        """What is stored of the traces, and over it what the batch brings."""
        concerned = [span for span in spans if span.raw.trace_id in trace_ids]
        starts = [span.raw.start_time for span in concerned]
        times = (max(0, min(starts) - _MARGIN_NS), min(_LATEST, max(starts) + _MARGIN_NS))
        stored = self._reader.outlines(project, sorted(trace_ids), times)
        outlines = {span.key: span for span in stored}
        return outlines | {found.key: found for found in map(outline, concerned)}


def _concerns_others(span: Settled) -> bool:
    call = span.call
    return call.kind in _OWNED_KINDS or call.session_id is not None or call.user_id is not None


def _relations(outlines: _Outlines) -> dict[SpanKey, _Relation]:
    marks = find_duplicates(outlines.values())
    return {
        key: _Relation(
            marks[key][1] if key in marks else None,
            _inherited(span, outlines, "session_id"),
            _inherited(span, outlines, "user_id"),
        )
        for key, span in outlines.items()
    }


def _inherited(span: SpanOutline, outlines: _Outlines, name: str) -> str | None:
    """The span's own value, else that of the nearest span above it, for kinds that are summed by it."""
    value: str | None = getattr(span, name)
    if span.kind not in _OWNED_KINDS:
        return value
    seen = {span.key}
    above = outlines.get((span.trace_id, span.parent_span_id or ""))
    while value is None and above is not None and above.key not in seen:
        seen.add(above.key)
        value = getattr(above, name)
        above = outlines.get((above.trace_id, above.parent_span_id or ""))
    return value


def _set(span: Settled, relation: _Relation) -> None:
    span.duplicate_of = relation.duplicate_of
    span.call.session_id = relation.session_id
    span.call.user_id = relation.user_id


def _stored(span: SpanOutline) -> _Relation:
    return _Relation(span.duplicate_of, span.session_id, span.user_id)
