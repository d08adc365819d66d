"""settle: records of the write-ahead log to rows of the store. The same records always give the same spans."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from telltale import semconv
from telltale_collector.decode import read_log_events, read_spans
from telltale_collector.dialects import read_call, read_evaluations
from telltale_collector.enrich import PriceTable, count_missing_tokens, price
from telltale_collector.model import DEFAULT_PROJECT, LogEvent, RawSpan, Settled, TimeNs
from telltale_collector.pipeline.duplicates import SpanKey
from telltale_collector.pipeline.metrics import take_metric_points
from telltale_collector.pipeline.relate import Relations
from telltale_collector.pipeline.scores import score_of_event
from telltale_collector.pipeline.view import StoreView
from telltale_collector.store.reader import Reader
from telltale_collector.store.writer import Rows
from telltale_collector.wal import Record, Signal

_STATUS_ERROR = 2

_EXAMPLE = RawSpan(
    trace_id="",
    span_id="",
    parent_span_id=None,
    name="",
    span_kind=0,
    start_time=0,
    end_time=0,
    status_code=0,
    status_message="",
    scope_name="",
    scope_version="",
    trace_state="",
    attributes={
        semconv.OPERATION: "chat",
        semconv.PROVIDER: "openai",
        semconv.REQUEST_MODEL: "gpt-4o",
        semconv.INPUT_VALUE: "a question",
        semconv.OUTPUT_VALUE: "an answer",
    },
    resource={},
    events=[],
    links=[],
    leftover={},
)
"""A call that needs every table: used to load them."""


@dataclass(slots=True)
class _Arrived:
    """What a batch brings to one project, each with its time of arrival."""

    spans: dict[SpanKey, tuple[RawSpan, TimeNs]] = field(default_factory=dict)
    events: dict[SpanKey, list[tuple[LogEvent, TimeNs]]] = field(default_factory=dict)
    newest: TimeNs = 0


class Settler:
    """Reads, enriches and joins. Log events complete their spans, whichever of the two comes first."""

    def __init__(self, reader: Reader, prices: PriceTable, *, alone: bool = False) -> None:
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
        self.settle_span(DEFAULT_PROJECT, _EXAMPLE, (), 0)
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

    def _settle(self, records: Iterable[Record]) -> Rows:
        rows = Rows()
        for project, arrived in _by_project(records, rows).items():
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

    def _read_all(self, project: str, arrived: _Arrived) -> list[Settled]:
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
        dialect, call = read_call(raw, events)
        if not raw.is_open:
            failed = raw.status_code == _STATUS_ERROR
            count_missing_tokens(call, failed=failed)
            price(call, self._prices, raw.start_time, failed=failed)
        return Settled(project, raw, dialect, call, received_at)

    def _fetch_spans_of_events(self, project: str, arrived: _Arrived) -> None:
        """Events of spans that are stored already: those spans are settled again."""
        missing = [key for key in arrived.events if key not in arrived.spans]
        if missing:
            self._fetch(project, arrived, missing)

    def _fetch(self, project: str, arrived: _Arrived, keys: Sequence[SpanKey]) -> None:
        """Take stored spans into the batch: read again, they replace what is stored."""
        for raw, received_at in self.view.spans_by_id(project, keys):
            arrived.spans[raw.trace_id, raw.span_id] = (raw, max(received_at, raw.version(arrived.newest)))

    def _fetch_events_of_spans(self, project: str, arrived: _Arrived) -> dict[SpanKey, list[LogEvent]]:
        if project not in self._projects_with_events:
            if arrived.events:
                self._projects_with_events.add(project)
            return {}
        return self.view.log_events(project, list(arrived.spans)) if arrived.spans else {}


def _key(span: Settled) -> SpanKey:
    return (span.raw.trace_id, span.raw.span_id)


def _by_project(records: Iterable[Record], rows: Rows) -> dict[str, _Arrived]:
    """Decode; log events, scores and metric points go into ``rows`` as they are."""
    projects: dict[str, _Arrived] = {}
    for record in records:
        if record.signal is Signal.METRICS:
            take_metric_points(record, rows)
            continue
        arrived = projects.setdefault(record.project, _Arrived())
        arrived.newest = max(arrived.newest, record.received_at_ns)
        if record.signal is Signal.TRACES:
            _take_spans(record, arrived, rows)
        else:
            _take_events(record, arrived, rows)
    return projects


def _take_spans(record: Record, arrived: _Arrived, rows: Rows) -> None:
    for raw in read_spans(record.payload):
        key, version = (raw.trace_id, raw.span_id), raw.version(record.received_at_ns)
        if key not in arrived.spans or arrived.spans[key][1] <= version:
            arrived.spans[key] = (raw, version)
        for judgement in read_evaluations(raw):
            _add_score(rows, record, judgement)


def _take_events(record: Record, arrived: _Arrived, rows: Rows) -> None:
    for event in read_log_events(record.payload):
        if event.name == semconv.EVALUATION_EVENT:
            _add_score(rows, record, event)
            continue
        rows.log_events.append((record.project, event, record.received_at_ns))
        arrived.events.setdefault((event.trace_id, event.span_id), []).append((event, record.received_at_ns))


def _add_score(rows: Rows, record: Record, event: LogEvent) -> None:
    rows.scores.append((record.project, score_of_event(event), record.received_at_ns))


def _in_order(events: list[LogEvent]) -> list[LogEvent]:
    """By time; an event that came twice counts once."""
    return sorted({event.event_id: event for event in events}.values(), key=lambda event: event.time)
