"""settle: records of the write-ahead log to rows of the store. The same records always give the same spans."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from telltale_collector.enrich import PriceTable
from telltale_collector.model import LogEvent, RawSpan, Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import SpanKey, outline
from telltale_collector.pipeline.read import RELATED, Arrived, Reading, by_project, load_tables, settle_span
from telltale_collector.pipeline.read_ahead import ReadAhead
from telltale_collector.pipeline.relate import Changed, Relation, Relations, set_relation
from telltale_collector.pipeline.view import StoreView
from telltale_collector.store.reader import Reader
from telltale_collector.store.writer import Encoded, Rows, given
from telltale_collector.wal import Record


class Settler:
    """Reads, enriches and joins. Log events complete their spans, whichever of the two comes first.

    Attributes:
        ahead: reads large batches in another process.
    """

    def __init__(
        self, reader: Reader, prices: PriceTable, ahead: ReadAhead | None = None, *, alone: bool = False
    ) -> None:
        self.ahead = ahead or ReadAhead(prices, dict, 0)
        self.view = StoreView(reader, alone=alone)
        self.relations = Relations(reader, self.view)
        self._prices = prices
        self._projects_with_events = reader.log_event_projects()
        self._is_warm = False
        self._lock = threading.Lock()

    def warm_up(self) -> bool:
        """Load the price and token tables (about 2 s) before the first batch waits for them; once.

        Raises:
            StoreError: the store cannot be asked now.
        """
        if self._is_warm:
            return True
        load_tables(self._prices)
        self.view.load()
        self.relations.load()
        self._is_warm = True
        return True

    def settle(self, records: Iterable[Record]) -> Rows:
        """Settle a batch.

        Raises:
            StoreError: the store cannot be asked now.
        """
        with self._lock:
            return self._settle(records)

    def take(self, reading: Reading) -> Rows | None:
        """The rows of spans that another process has read; None where the spans themselves are needed for them.

        Raises:
            StoreError: the store cannot be asked now.
        """
        with self._lock:
            return self._take(reading)

    def _take(self, reading: Reading) -> Rows | None:
        rows = Rows(scores=reading.scores)
        relations: dict[str, list[Relation]] = {}
        brought = reading.outlines()
        if not self._projects_with_events.isdisjoint(brought):
            return None
        for project, outlines in brought.items():
            again: list[Settled] = []
            found, changed = self._relate(project, outlines, reading.newest[project], again)
            if changed.moved or changed.superseded:
                return None
            relations[project] = [found[span.key] for span in outlines]
            rows.spans += again
        rows.encoded = _encoded(reading, brought, relations)
        return rows

    def _relate(
        self, project: str, outlines: list[SpanOutline], newest: TimeNs, again: list[Settled]
    ) -> tuple[dict[SpanKey, Relation], Changed]:
        """Relate spans that are outlined; into ``again`` go stored ones that change with them."""
        found, changed = self.relations.of(project, outlines)
        if not changed.outdated or changed.moved or changed.superseded:
            return found, changed
        for raw, received_at in self.view.spans_by_id(project, changed.outdated):
            again.append(self.settle_span(project, raw, (), max(received_at, raw.version(newest))))
        found, changed = self.relations.of(project, [*outlines, *map(outline, again)])
        for span in again:
            set_relation(span, found[_key(span)])
        return found, changed

    def _settle(self, records: Iterable[Record]) -> Rows:
        rows = Rows()
        for project, arrived in by_project(records, rows).items():
            self._fetch_spans_of_events(project, arrived)
            spans = self._read_all(project, arrived)
            changed = self.relations.relate(project, spans)
            if changed.outdated:
                self._fetch(project, arrived, changed.outdated)
                spans = self._read_all(project, arrived)
                changed = replace(self.relations.relate(project, spans), moved=changed.moved)
            rows.spans += [span for span in spans if _key(span) not in changed.superseded]
            rows.moved += [(project, span) for span in changed.moved]
        return rows

    def _read_all(self, project: str, arrived: Arrived) -> list[Settled]:
        """Every span of the batch, with the log events that belong to it, stored ones and new ones."""
        earlier = self._fetch_events_of_spans(project, arrived)
        spans = []
        if not earlier and not arrived.events:
            return [self.settle_span(project, raw, (), received_at) for raw, received_at in arrived.spans.values()]
        for key, (raw, received_at) in arrived.spans.items():
            new = arrived.events.get(key, [])
            events = _in_order([*earlier.get(key, []), *(event for event, _ in new)])
            newest = max([received_at, *(raw.version(at) for _, at in new)])
            spans.append(self.settle_span(project, raw, events, newest))
        return spans

    def settle_span(self, project: str, raw: RawSpan, events: Sequence[LogEvent], received_at: TimeNs) -> Settled:
        """One span: who speaks, what it says, what is missing, what it cost. An open one has cost nothing yet."""
        return settle_span(project, raw, events, received_at, self._prices)

    def _fetch_spans_of_events(self, project: str, arrived: Arrived) -> None:
        """Events of spans that are stored already: those spans are settled again."""
        missing = [key for key in arrived.events if key not in arrived.spans]
        if missing:
            self._fetch(project, arrived, missing)

    def _fetch(self, project: str, arrived: Arrived, keys: Sequence[SpanKey]) -> None:
        """Take stored spans into the batch: read again, they replace what is stored."""
        for raw, received_at in self.view.spans_by_id(project, keys):
            arrived.spans[raw.trace_id, raw.span_id] = (raw, max(received_at, raw.version(arrived.newest)))

    def _fetch_events_of_spans(self, project: str, arrived: Arrived) -> dict[SpanKey, list[LogEvent]]:
        if project not in self._projects_with_events:
            if arrived.events:
                self._projects_with_events.add(project)
            return {}
        return self.view.log_events(project, list(arrived.spans)) if arrived.spans else {}


def _key(span: Settled) -> SpanKey:
    return (span.raw.trace_id, span.raw.span_id)


def _encoded(reading: Reading, brought: dict[str, list[SpanOutline]], relations: dict[str, list[Relation]]) -> Encoded:
    """What was read, with what the spans have from others."""
    for project, outlines in brought.items():
        for span, relation in zip(outlines, relations[project], strict=True):
            span.duplicate_of, span.session_id, span.user_id = relation
    rows = [span for outlines in brought.values() for span in outlines]
    costs = {source: sum(rows[at].duplicate_of is None for at in calls) for source, calls in reading.costs.items()}
    related = given({name: list(map(attrgetter(name), rows)) for name in RELATED})
    return Encoded(brought, reading.block, related, Counter(costs))


def _in_order(events: list[LogEvent]) -> list[LogEvent]:
    """By time; an event that came twice counts once."""
    return sorted({event.event_id: event for event in events}.values(), key=lambda event: event.time)
