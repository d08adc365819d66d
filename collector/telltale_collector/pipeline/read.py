"""Records of the log to spans, each read by itself: nothing here asks the store, or another span.

So it can be done anywhere, also by another process (``read_ahead.py``), with the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from google.protobuf.message import DecodeError

from telltale import semconv
from telltale_collector.decode import read_log_events, read_spans
from telltale_collector.dialects import read_call, read_evaluations
from telltale_collector.enrich import PriceTable, count_missing_tokens, leave_unpriced, price
from telltale_collector.model import CALL_KINDS, DEFAULT_PROJECT, LogEvent, RawSpan, Score, Settled, SpanOutline, TimeNs
from telltale_collector.pipeline.duplicates import SpanKey, outline
from telltale_collector.pipeline.metrics import take_metric_points
from telltale_collector.pipeline.scores import score_of_event
from telltale_collector.store.blocks import Block, encode
from telltale_collector.store.rows import span_columns
from telltale_collector.store.writer import Rows, given
from telltale_collector.wal import Record, Signal

_STATUS_ERROR = 2

RELATED = ("duplicate_of", "session_id", "user_id")
"""Columns that depend on other spans (``relate.py``)."""

_OUTLINE_FIELDS = [known.name for known in fields(SpanOutline)]


FAULTS = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError),
    DecodeError,
)
"""What a fault in our own reading of a span may raise: the span waits among the dead letters until it is mended."""

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
class Arrived:
    """What a batch brings to one project, each with its time of arrival."""

    spans: dict[SpanKey, tuple[RawSpan, TimeNs]] = field(default_factory=dict)
    events: dict[SpanKey, list[tuple[LogEvent, TimeNs]]] = field(default_factory=dict)
    newest: TimeNs = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The spans of some records, in columns, but for what depends on other spans; made to be sent between processes.

    ``newest``: the latest arrival, by project.
    ``costs``: the rows that are calls, by the source of their cost: one that is a duplicate will not count.
    """

    block: Block
    scores: list[tuple[str, Score, TimeNs]]
    costs: dict[str, list[int]]
    newest: dict[str, TimeNs]
    _outlines: dict[str, list[list[Any]]]

    def outlines(self) -> dict[str, list[SpanOutline]]:
        """Of the spans, in the order of the rows, by project."""
        return {project: list(map(SpanOutline, *columns)) for project, columns in self._outlines.items()}


def read_into_columns(records: Sequence[Record], prices: PriceTable, types: Mapping[str, str]) -> Reading | None:
    """Read records of spans; None when there are none in them.

    Args:
        records: of traces only, from projects without log events.
        prices: to price calls with.
        types: of the table's columns, by name.

    Raises:
        one of FAULTS: a span cannot be read or put into columns.
    """
    rows = Rows()
    outlines: dict[str, list[list[Any]]] = {}
    newest: dict[str, TimeNs] = {}
    for project, arrived in by_project(records, rows).items():
        spans = [settle_span(project, raw, (), at, prices) for raw, at in arrived.spans.values()]
        rows.spans += spans
        newest[project] = arrived.newest
        outlines[project] = _in_columns([outline(span) for span in spans])
    if not rows.spans:
        return None
    columns = {name: values for name, values in span_columns(rows.spans).items() if name not in RELATED}
    return Reading(encode(given(columns), types), rows.scores, _costs(rows.spans), newest, outlines)


def load_tables(prices: PriceTable) -> None:
    """Have the price and token tables in memory (about 2 s) before the first batch waits for them."""
    settle_span(DEFAULT_PROJECT, _EXAMPLE, (), 0, prices)


def settle_span(
    project: str, raw: RawSpan, events: Sequence[LogEvent], received_at: TimeNs, prices: PriceTable
) -> Settled:
    """One span: who speaks, what it says, what is missing, what it cost. An open one has cost nothing yet."""
    dialect, call = read_call(raw, events)
    if raw.is_open:
        leave_unpriced(call)
    else:
        failed = raw.status_code == _STATUS_ERROR
        count_missing_tokens(call, failed=failed)
        price(call, prices, raw.start_time, failed=failed)
    return Settled(project, raw, dialect, call, received_at)


def by_project(records: Iterable[Record], rows: Rows) -> dict[str, Arrived]:
    """Decode; log events, scores and metric points go into ``rows`` as they are."""
    projects: dict[str, Arrived] = {}
    for record in records:
        if record.signal is Signal.METRICS:
            take_metric_points(record, rows)
            continue
        arrived = projects.setdefault(record.project, Arrived())
        arrived.newest = max(arrived.newest, record.received_at_ns)
        if record.signal is Signal.TRACES:
            _take_spans(record, arrived, rows)
        else:
            _take_events(record, arrived, rows)
    return projects


def _costs(spans: Iterable[Settled]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, span in enumerate(spans):
        if span.call.kind in CALL_KINDS:
            found.setdefault(span.call.cost_source or "none", []).append(row)
    return found


def _in_columns(outlines: Sequence[SpanOutline]) -> list[list[Any]]:
    """Ten times as fast to send as the objects."""
    return [list(map(attrgetter(name), outlines)) for name in _OUTLINE_FIELDS]


def _take_spans(record: Record, arrived: Arrived, rows: Rows) -> None:
    for raw in read_spans(record.payload):
        key, version = (raw.trace_id, raw.span_id), raw.version(record.received_at_ns)
        if key not in arrived.spans or arrived.spans[key][1] <= version:
            arrived.spans[key] = (raw, version)
        for judgement in read_evaluations(raw):
            _add_score(rows, record, judgement)


def _take_events(record: Record, arrived: Arrived, rows: Rows) -> None:
    for event in read_log_events(record.payload):
        if event.name == semconv.EVALUATION_EVENT:
            _add_score(rows, record, event)
            continue
        rows.log_events.append((record.project, event, record.received_at_ns))
        arrived.events.setdefault((event.trace_id, event.span_id), []).append((event, record.received_at_ns))


def _add_score(rows: Rows, record: Record, event: LogEvent) -> None:
    rows.scores.append((record.project, score_of_event(event), record.received_at_ns))
