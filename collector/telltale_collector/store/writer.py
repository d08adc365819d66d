"""Settled batches into the store. Each insert carries the batch's token: a retry writes nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from telltale_collector.model import DeadLetter, LogEvent, MetricPoint, Score, Settled, SpanOutline, TimeNs
from telltale_collector.store import named
from telltale_collector.store.blocks import Block
from telltale_collector.store.client import Client
from telltale_collector.store.metric_rows import metric_point_columns
from telltale_collector.store.rolled import RolledHours
from telltale_collector.store.rows import Columns, dead_letter_columns, log_event_columns, score_columns, span_columns


@dataclass(frozen=True, slots=True)
class Encoded:
    """Spans whose columns are encoded already, each once.

    Attributes:
        outlines: of the spans, in the order of the rows, by project.
        block: what was read of them.
        related: columns beside it, not encoded yet: what the spans have from others.
        costs: how many calls that count have a cost of each source.
    """

    outlines: dict[str, list[SpanOutline]]
    block: Block
    related: Columns
    costs: Counter[str]


@dataclass(slots=True)
class Rows:
    """What one batch adds. Log events, scores and metric points come with their project and time of arrival.

    ``encoded``: spans, beside those of ``spans``, that another process has put into columns.
    ``moved``: (project, stored row) of spans that came again with a start in another hour; the old rows go.
    """

    spans: list[Settled] = field(default_factory=list)
    log_events: list[tuple[str, LogEvent, TimeNs]] = field(default_factory=list)
    scores: list[tuple[str, Score, TimeNs]] = field(default_factory=list)
    moved: list[tuple[str, SpanOutline]] = field(default_factory=list)
    metric_points: list[tuple[str, MetricPoint, TimeNs]] = field(default_factory=list)
    encoded: Encoded | None = None


class Writer:
    def __init__(self, client: Client, rolled: RolledHours) -> None:
        self._client = client
        self._rolled = rolled

    def write(self, rows: Rows, token: str) -> None:
        """Insert all rows; durable when it returns.

        Raises:
            StoreError: some may be in; write the same rows under the same token again.
        """
        spans = _newest(rows.spans)
        starts = _starts(spans, rows.encoded)
        self._touch(starts)
        if rows.encoded is not None:
            # under a token of its own: the same batch, settled row by row, may have more rows
            self._client.insert_block("spans", rows.encoded.block, rows.encoded.related, f"{token}-encoded")
        if spans:
            self._client.insert("spans", given(span_columns(spans)), f"{token}-spans")
        self._touch(starts)  # a roll that began in between did not see them
        for project, old in rows.moved:
            self._remove(project, old)
        if rows.log_events:
            self._client.insert("log_events", log_event_columns(rows.log_events), f"{token}-log-events")
        if rows.scores:
            self._client.insert("scores", score_columns(rows.scores), f"{token}-scores")
        if rows.metric_points:
            self._client.insert("metric_points", metric_point_columns(rows.metric_points), f"{token}-metric-points")

    def _remove(self, project: str, old: SpanOutline) -> None:
        self._rolled.touch(project, [old.start_time])
        given = {"project": project, "trace_id": old.trace_id, "span_id": old.span_id, "start_time": old.start_time}
        given["received_at"] = old.received_at
        self._client.execute(named.query_text("remove_span"), given)
        self._rolled.touch(project, [old.start_time])

    def write_dead_letters(self, letters: Sequence[DeadLetter], token: str) -> None:
        """Keep what cannot be stored otherwise."""
        self._client.insert("dead_letters", dead_letter_columns(letters), f"{token}-dead-letters")

    def _touch(self, starts: Mapping[str, set[TimeNs]]) -> None:
        """Before the insert: from here on nobody may trust the roll-ups of these hours."""
        for project, times in starts.items():
            self._rolled.touch(project, times)


def given(columns: Columns) -> Columns:
    """Without the columns that hold nothing in the whole batch: the table's defaults say the same, at half the cost."""
    return {
        name: values
        for name, values in columns.items()
        if values[0] not in (None, "", [], {}) or values.count(values[0]) != len(values)
    }


def _starts(spans: Sequence[Settled], encoded: Encoded | None) -> dict[str, set[TimeNs]]:
    """When the spans start, by project."""
    starts: dict[str, set[TimeNs]] = {}
    for span in spans:
        starts.setdefault(span.project, set()).add(span.raw.start_time)
    for project, outlines in encoded.outlines.items() if encoded is not None else ():
        starts.setdefault(project, set()).update(span.start_time for span in outlines)
    return starts


def _newest(spans: Sequence[Settled]) -> list[Settled]:
    """Of a span that comes more than once in a batch the last holds."""
    return list({(span.project, span.raw.trace_id, span.raw.span_id): span for span in spans}.values())
