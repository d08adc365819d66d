"""The store as the next batch has to see it: what it holds, and over it what is settled and on its way there.

While one batch is written the next is settled. It may complete traces of the batch before it, so it must see that batch
as if it were stored already.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from telltale_collector.decode import read_spans
from telltale_collector.model import LogEvent, RawSpan, Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import SpanKey, outline
from telltale_collector.pipeline.known_traces import KnownTraces
from telltale_collector.store.reader import Reader
from telltale_collector.store.writer import Rows
from telltale_collector.wal import Record, Signal

HOUR_NS: TimeNs = 3600 * 1_000_000_000
_REMEMBERED_NS = 3 * HOUR_NS
_MOST_REMEMBERED = 1_000_000
_MOST_LOOKED_FOR = 16

Times = tuple[TimeNs, TimeNs]
_Trace = tuple[str, str]
"""Project and trace id."""


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    """One settled batch, by project and trace. ``records``: where the spans themselves are that are encoded already."""

    rows: Rows
    records: Sequence[Record]
    spans: dict[_Trace, list[Settled]] = field(default_factory=dict)
    outlines: dict[_Trace, list[SpanOutline]] = field(default_factory=dict)
    events: dict[_Trace, list[LogEvent]] = field(default_factory=dict)

    def outlines_of(self, trace: _Trace) -> Iterable[SpanOutline]:
        for span in self.spans.get(trace, ()):
            yield replace(outline(span), duplicate_of=span.duplicate_of)
        yield from self.outlines.get(trace, ())

    def spans_of(self, traces: Collection[_Trace]) -> Iterable[tuple[RawSpan, TimeNs]]:
        """As they came, with their version; those that are encoded are decoded once more."""
        yield from self._encoded_spans_of({trace for trace in traces if trace in self.outlines})
        for trace in traces:
            yield from ((span.raw, span.received_at) for span in self.spans.get(trace, ()))

    def _encoded_spans_of(self, traces: set[_Trace]) -> Iterable[tuple[RawSpan, TimeNs]]:
        """Of several versions the highest."""
        found: dict[tuple[str, str, str], tuple[RawSpan, TimeNs]] = {}
        for project, raw, version in self._decoded(traces) if traces else ():
            key = (project, raw.trace_id, raw.span_id)
            if key not in found or found[key][1] <= version:
                found[key] = (raw, version)
        return found.values()

    def _decoded(self, traces: set[_Trace]) -> Iterable[tuple[str, RawSpan, TimeNs]]:
        for record in self.records:
            here = {trace_id for project, trace_id in traces if project == record.project}
            if record.signal is Signal.TRACES and _may_hold(record.payload, here):
                spans = (raw for raw in read_spans(record.payload) if raw.trace_id in here)
                yield from ((record.project, raw, raw.version(record.received_at_ns)) for raw in spans)


def _may_hold(payload: bytes, trace_ids: Collection[str]) -> bool:
    """Looking for many takes longer than decoding."""
    return len(trace_ids) > _MOST_LOOKED_FOR or any(bytes.fromhex(each) in payload for each in trace_ids)


class StoreView:
    """May be used from any thread.

    Args:
        reader: of the store.
        alone: nobody else writes into the store, so that a trace which did not come by here is not in it.
    """

    def __init__(self, reader: Reader, *, alone: bool) -> None:
        self._reader = reader
        self._alone = alone
        self._known: KnownTraces | None = None
        self._batches: list[_OnItsWay] = []
        self._lock = threading.Lock()

    def load(self) -> None:
        """Learn which traces are there already; until then every trace is looked for."""
        if not self._alone:
            return
        since = max(0, time.time_ns() - _REMEMBERED_NS)
        found = self._reader.trace_starts(since, _MOST_REMEMBERED)
        complete = len(found) < _MOST_REMEMBERED
        known = KnownTraces(since if complete else time.time_ns())
        known.add(found)
        self._known = known

    def add(self, rows: Rows, records: Sequence[Record] = ()) -> None:
        """A batch is settled, and will be stored before any that is settled after it.

        Args:
            rows: the batch.
            records: what it was settled from.
        """
        batch = _OnItsWay(rows, records)
        latest: dict[_Trace, TimeNs] = {}
        for span in rows.spans:
            trace = (span.project, span.raw.trace_id)
            batch.spans.setdefault(trace, []).append(span)
            latest[trace] = max(latest.get(trace, 0), span.raw.start_time)
        for project, outlines in rows.encoded.outlines.items() if rows.encoded is not None else ():
            for seen in outlines:
                trace = (project, seen.trace_id)
                batch.outlines.setdefault(trace, []).append(seen)
                latest[trace] = max(latest.get(trace, 0), seen.start_time)
        for project, event, _ in rows.log_events:
            batch.events.setdefault((project, event.trace_id), []).append(event)
        with self._lock:
            self._batches.append(batch)
        if self._known is not None:
            self._known.add((project, trace_id, start) for (project, trace_id), start in latest.items())

    def stored(self, rows: Rows) -> None:
        """The batch is in the store, or will not go there."""
        with self._lock:
            self._batches = [batch for batch in self._batches if batch.rows is not rows]

    def outlines(self, project: str, trace_ids: Collection[str], times: Times) -> list[SpanOutline]:
        """The spans of given traces that start within ``times``, outlined, to be seen together.

        A span whose start moved to another hour may be there twice, until its old row is removed.

        Raises:
            StoreError: the store cannot be asked now.
        """
        on_their_way = self._outlines_on_their_way(project, trace_ids)  # before the store is asked: none falls between
        perhaps = trace_ids if self._known is None else self._known.among(project, trace_ids, times[0])
        stored = self._reader.outlines(project, sorted(perhaps), times) if perhaps else []
        found = {(span.key, span.start_time // HOUR_NS): span for span in stored}
        for seen in on_their_way:
            if times[0] <= seen.start_time <= times[1]:
                found[seen.key, seen.start_time // HOUR_NS] = seen
        return list(found.values())

    def spans_by_id(self, project: str, keys: Sequence[SpanKey]) -> list[tuple[RawSpan, TimeNs]]:
        """Spans as they came, with their time of arrival.

        Raises:
            StoreError: the store cannot be asked now.
        """
        wanted = set(keys)
        on_their_way = {
            (raw.trace_id, raw.span_id): (raw, received_at)
            for raw, received_at in self._spans_on_their_way(project, {trace_id for trace_id, _ in keys})
        }
        stored = self._reader.spans_by_id(project, [key for key in keys if key not in on_their_way])
        return [*stored, *(found for key, found in on_their_way.items() if key in wanted)]

    def log_events(self, project: str, keys: Sequence[SpanKey]) -> dict[SpanKey, list[LogEvent]]:
        """Log events by span, in the order they were written.

        Raises:
            StoreError: the store cannot be asked now.
        """
        on_their_way = list(self._events_on_their_way(project, {trace_id for trace_id, _ in keys}))
        found = self._reader.log_events(project, keys)
        wanted = set(keys)
        for event in on_their_way:
            if (event.trace_id, event.span_id) in wanted:
                found.setdefault((event.trace_id, event.span_id), []).append(event)
        return found

    def _outlines_on_their_way(self, project: str, trace_ids: Iterable[str]) -> list[SpanOutline]:
        """The later batch's last."""
        batches = self._now()
        traces = [(project, trace_id) for trace_id in trace_ids] if batches else []
        return [span for batch in batches for trace in traces for span in batch.outlines_of(trace)]

    def _spans_on_their_way(self, project: str, trace_ids: Iterable[str]) -> list[tuple[RawSpan, TimeNs]]:
        """The later batch's last."""
        batches = self._now()
        traces = {(project, trace_id) for trace_id in trace_ids} if batches else set()
        return [span for batch in batches for span in batch.spans_of(traces)]

    def _now(self) -> list[_OnItsWay]:
        with self._lock:
            return list(self._batches)

    def _events_on_their_way(self, project: str, trace_ids: Iterable[str]) -> Iterable[LogEvent]:
        batches = [batch.events for batch in self._now() if batch.events]
        traces = [(project, trace_id) for trace_id in trace_ids] if batches else []
        return [event for events in batches for trace in traces for event in events.get(trace, ())]
