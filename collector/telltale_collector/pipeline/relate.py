"""Spans seen together: which describe the same call (``duplicates.py``), and whose each call is.

A session and a user are often said on the root alone, while money is spent below it: a call that does not say takes
them from the nearest span above it that does.

A trace comes in pieces. Each batch looks at its traces as they stand with it, and what the new pieces change about
spans that are stored already is stored anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from telltale_collector.model import Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import JUDGED_KINDS, SpanKey, find_duplicates, outline
from telltale_collector.pipeline.recent import RecentRoots
from telltale_collector.pipeline.view import HOUR_NS, StoreView
from telltale_collector.store.reader import Reader

_MARGIN_NS = HOUR_NS
"""Spans of one call lie close together: more than this around a batch is not looked at."""

_LATEST: TimeNs = 2**63 - 1

_OWNED_KINDS = {*JUDGED_KINDS, "guardrail"}
"""Kinds whose spans are summed by session and user."""

_Outlines = Mapping[SpanKey, SpanOutline]


class Relation(NamedTuple):
    """What a span has from the spans it is seen with."""

    duplicate_of: str | None
    session_id: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Stored spans that a batch changes.

    Attributes:
        outdated: to be settled again.
        moved: came again with a start in another hour: the table's key would keep both, these rows are to go.
        superseded: spans of the batch of which a newer version is stored: they are not to be stored any more.
    """

    outdated: list[SpanKey]
    moved: list[SpanOutline]
    superseded: set[SpanKey]


class Relations:
    """Relates the spans of a batch to each other and to what is stored."""

    def __init__(self, reader: Reader, view: StoreView) -> None:
        self._reader = reader
        self._view = view
        self._roots = RecentRoots()

    def load(self) -> None:
        """Remember what came before this process began."""
        self._roots.load(self._reader)

    def relate(self, project: str, spans: Sequence[Settled]) -> Changed:
        """Set on the spans what they have from others, and say what of the stored ones is no longer right.

        Args:
            project: whose spans.
            spans: one project's spans of a batch; changed in place.
        """
        relations, changed = self.of(project, [outline(span) for span in spans])
        for span in spans:
            set_relation(span, relations[span.raw.trace_id, span.raw.span_id])
        return changed

    def of(self, project: str, brought: Sequence[SpanOutline]) -> tuple[dict[SpanKey, Relation], Changed]:
        """What each span of a batch has from others, and what of the stored ones is no longer right."""
        if not brought:
            return {}, Changed([], [], set())
        stored = self._stored_with(project, brought, self._roots.add(project, brought))
        before = _newest(stored)
        outlines = _newest([*stored, *brought])
        in_batch = {span.key for span in brought}
        found: dict[SpanKey, Relation] = {}
        outdated: list[SpanKey] = []
        for key, relation in _relations(outlines).items():
            if key in in_batch:
                found[key] = _completed(relation, before[key], outlines) if key in before else relation
            elif relation != _stored(outlines[key]):
                outdated.append(key)
        superseded = {span.key for span in brought if outlines[span.key] is not span}
        return found, Changed(outdated, _moved(stored, in_batch - superseded, outlines), superseded)

    def _stored_with(self, project: str, brought: Sequence[SpanOutline], others: set[str]) -> list[SpanOutline]:
        """What is stored of the traces of a batch, and of ``others``."""
        first = min(span.start_time for span in brought)
        last = max(max(span.start_time, span.end_time) for span in brought)
        times = (max(0, first - _MARGIN_NS), min(_LATEST, last + _MARGIN_NS))
        return self._view.outlines(project, {span.trace_id for span in brought} | others, times)


def _relations(outlines: _Outlines) -> dict[SpanKey, Relation]:
    marks = find_duplicates(outlines)
    owners = _Owners(outlines)
    return {key: Relation(marks[key][1] if key in marks else None, *owners.of(span)) for key, span in outlines.items()}


def _completed(relation: Relation, before: SpanOutline, outlines: _Outlines) -> Relation:
    """What a span had from spans above it stays where these are out of sight: they began too long before."""
    at, seen = before, {before.key}
    while at.parent_span_id is not None:
        above = outlines.get((at.trace_id, at.parent_span_id))
        if above is None or above.key in seen:
            session_id, user_id = relation.session_id or before.session_id, relation.user_id or before.user_id
            return relation._replace(session_id=session_id, user_id=user_id)
        at = above
        seen.add(at.key)
    return relation


class _Owners:
    """A span's own session and user, else those of the nearest spans above it, for kinds that are summed by them."""

    def __init__(self, outlines: _Outlines) -> None:
        self._outlines = outlines
        self._sessions: dict[SpanKey, str | None] = {}
        self._users: dict[SpanKey, str | None] = {}

    def of(self, span: SpanOutline) -> tuple[str | None, str | None]:
        session, user = span.session_id, span.user_id
        if (session is not None and user is not None) or span.kind not in _OWNED_KINDS:
            return session, user
        parent = self._outlines.get((span.trace_id, span.parent_span_id or ""))
        if parent is None:
            return session, user
        if session is None:
            session = parent.session_id or self._above(parent, "session_id", self._sessions)
        if user is None:
            user = parent.user_id or self._above(parent, "user_id", self._users)
        return session, user

    def _above(self, span: SpanOutline, name: str, known: dict[SpanKey, str | None]) -> str | None:
        """The nearest value at or above a span. Each span is visited once, however deep the trace is."""
        path: list[SpanKey] = []
        value: str | None = None
        at: SpanOutline | None = span
        while at is not None and at.key not in known:
            known[at.key] = None  # also ends a circle
            path.append(at.key)
            value = getattr(at, name)
            if value is not None:
                break
            at = self._outlines.get((at.trace_id, at.parent_span_id or ""))
        else:
            value = known[at.key] if at is not None else None
        known |= dict.fromkeys(path, value)
        return value


def _newest(spans: Sequence[SpanOutline]) -> dict[SpanKey, SpanOutline]:
    """The newest version of each; of equal ones the last."""
    found: dict[SpanKey, SpanOutline] = {}
    for span in spans:
        seen = found.get(span.key)
        if seen is None or seen.received_at <= span.received_at:
            found[span.key] = span
    return found


def _moved(stored: Sequence[SpanOutline], brought: Collection[SpanKey], outlines: _Outlines) -> list[SpanOutline]:
    """Stored rows of spans that come again with a start in another hour: the table's key would keep both."""
    return [
        span
        for span in stored
        if span.key in brought and span.start_time // HOUR_NS != outlines[span.key].start_time // HOUR_NS
    ]


def set_relation(span: Settled, relation: Relation) -> None:
    """Let a span have what it has from others."""
    span.duplicate_of = relation.duplicate_of
    span.call.session_id = relation.session_id
    span.call.user_id = relation.user_id


def _stored(span: SpanOutline) -> Relation:
    return Relation(span.duplicate_of, span.session_id, span.user_id)
