"""Typed answers from named queries. Pages, API and checks all read through here; the project is always given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telltale_collector.model import (
    Facets,
    LogEvent,
    RawSpan,
    Score,
    SpanOutline,
    Stats,
    TimeNs,
    Trace,
    TraceFilter,
    TracePage,
    TraceSummary,
)
from telltale_collector.store import named
from telltale_collector.store.client import Client, Table
from telltale_collector.store.cursors import END_OF_TIME, read_cursor, write_cursor
from telltale_collector.store.filters import span_conditions, trace_conditions
from telltale_collector.store.rollup import merge_scores, summary_of_row
from telltale_collector.store.span_of_row import (
    columns_of,
    log_event_of_row,
    raw_span_of_row,
    read_field,
    score_of_row,
    span_of_row,
)

MAX_SPANS_OF_TRACE = 100_000
FACET_VALUES = 50
_HOUR_NS = 3600 * 1_000_000_000
_WINDOWS_NS = (_HOUR_NS, 24 * _HOUR_NS, 30 * 24 * _HOUR_NS)
"""The newest page is looked for in the last hour, then the last day, ...: a time range reads in time order."""

_SETTINGS = {"prefer_column_name_to_alias": 1, "max_execution_time": 60}


class Reader:
    def __init__(self, client: Client) -> None:
        self._client = client

    def run(self, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Run a named query as it stands."""
        return self.run_text(named.query_text(name), parameters)

    def run_text(self, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._client.query(text, parameters, _SETTINGS)

    def table(self, text: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> Table:
        """Run a query whose columns are not known before."""
        return self._client.table(text, parameters, {**_SETTINGS, **settings})

    # --- traces -----------------------------------------------------------------------------------------------------

    def traces(self, project: str, where: TraceFilter, *, limit: int = 50, cursor: str | None = None) -> TracePage:
        """One page of traces, newest first.

        Raises:
            BadRequest: the cursor is not one of this list.
        """
        found = self._trace_ids(project, where, limit + 1, cursor)
        page = found[:limit]
        summaries = self.summaries(project, page)
        last = page[-1] if len(found) > limit else None
        return TracePage(summaries, write_cursor(last[1], last[0]) if last else None)

    def _trace_ids(self, project: str, where: TraceFilter, limit: int, cursor: str | None) -> list[tuple[str, TimeNs]]:
        """(trace id, start) of the newest traces: a short window first, a longer one while it holds too few."""
        cursor_time, (cursor_id,) = read_cursor(cursor, ids=1)
        to_time = where.to_time or END_OF_TIME
        upper = min(to_time, cursor_time, self.after_newest(project))
        lower = where.from_time or 0
        conditions = trace_conditions(where)
        text = named.with_conditions(named.query_text("traces_page"), named.ON_SPANS, _chosen(conditions.on_spans))
        text = named.with_conditions(text, named.ON_TRACES, conditions.on_traces)
        given = {"project": project, "limit": limit, "to_time": to_time}
        given |= {"cursor_time": cursor_time, "cursor_id": cursor_id} | conditions.parameters
        rows: list[dict[str, Any]] = []
        for from_time in [*(upper - window for window in _WINDOWS_NS if upper - window > lower), lower]:
            rows = self.run_text(text, {**given, "from_time": from_time})
            if len(rows) >= limit:
                break
        return [(row["trace_id"], row["trace_start"]) for row in rows]

    def after_newest(self, project: str) -> TimeNs:
        """A moment after every stored span; 0 where there is none."""
        (row,) = self.run("newest_start", project=project)
        return 0 if row["newest"] is None else row["newest"] + 1

    def summaries(self, project: str, traces: Sequence[tuple[str, TimeNs]]) -> list[TraceSummary]:
        """The roll-ups of given traces (id, start), in the order given."""
        if not traces:
            return []
        ids = [trace_id for trace_id, _ in traces]
        rows = self.run("trace_rollups", project=project, trace_ids=ids, from_time=min(t for _, t in traces))
        by_id = {row["trace_id"]: summary_of_row(row) for row in rows}
        merge_scores(by_id, self.scores_of_traces(project, ids))
        return [by_id[trace_id] for trace_id in ids if trace_id in by_id]

    def trace(self, project: str, trace_id: str) -> Trace | None:
        """One trace with all its spans (the first 100,000 in start order), or None."""
        rows = self.run("spans_of_trace", project=project, trace_id=trace_id, limit=MAX_SPANS_OF_TRACE)
        if not rows:
            return None
        (summary,) = self.summaries(project, [(trace_id, rows[0]["start_time"])])
        return Trace(summary, [span_of_row(row) for row in rows], self.scores_of_traces(project, [trace_id]))

    # --- spans ------------------------------------------------------------------------------------------------------

    def spans(
        self, project: str, where: TraceFilter, fields: Sequence[str], *, limit: int, cursor: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page of spans as {field: value}, newest first, and the next page's cursor.

        Raises:
            BadRequest: the cursor is not one of this list.
        """
        columns = columns_of([*fields, "start_time", "trace_id", "span_id"])
        rows, next_cursor = self.rows(project, where, columns, limit=limit, cursor=cursor)
        return [{field: read_field(field, row) for field in fields} for row in rows], next_cursor

    def rows(
        self,
        project: str,
        where: TraceFilter,
        columns: Sequence[str] = (),
        *,
        limit: int,
        cursor: str | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page of spans as rows of the table, with the columns named (none: all), and the next page's cursor."""
        cursor_time, (cursor_trace, cursor_span) = read_cursor(cursor, ids=2)
        conditions = span_conditions(where)
        text = named.with_conditions(named.query_text("spans_page"), named.ON_SPANS, conditions.on_spans)
        if columns:
            text = named.with_part(text, "columns", ", ".join(f"`{column}`" for column in columns))
        bounds = {"from_time": where.from_time or 0, "to_time": where.to_time or END_OF_TIME, "limit": limit + 1}
        before = {"cursor_time": cursor_time, "cursor_trace": cursor_trace, "cursor_span": cursor_span}
        rows = self.run_text(text, {"project": project, **bounds, **before, **conditions.parameters})
        page = rows[:limit]
        if len(rows) <= limit:
            return page, None
        last = page[-1]
        return page, write_cursor(last["start_time"], last["trace_id"], last["span_id"])

    # --- spans, for reading them again ------------------------------------------------------------------------------

    def spans_by_id(self, project: str, ids: Sequence[tuple[str, str]]) -> list[tuple[RawSpan, TimeNs]]:
        """Stored spans by (trace id, span id), as they came, with their time of arrival."""
        wanted = set(ids)
        rows = self.run("spans_by_id", project=project, **_id_parameters(ids))
        return [
            (raw_span_of_row(row), row["received_at"]) for row in rows if (row["trace_id"], row["span_id"]) in wanted
        ]

    def outlines(self, project: str, trace_ids: Sequence[str], times: tuple[TimeNs, TimeNs]) -> list[SpanOutline]:
        """The spans of given traces that start within ``times``, outlined, to be seen together."""
        rows = self.run("outlines", project=project, trace_ids=list(trace_ids), from_time=times[0], to_time=times[1])
        return [SpanOutline(**row) for row in rows]

    def trace_starts(self, since: TimeNs, limit: int) -> list[tuple[str, str, TimeNs]]:
        """(project, trace id, latest start) of traces with spans that start at ``since`` or later."""
        rows = self.run("trace_starts", from_time=since, limit=limit)
        return [(row["project"], row["trace_id"], row["latest"]) for row in rows]

    def recent_roots(self, since: TimeNs, limit: int) -> list[tuple[str, SpanOutline]]:
        """(project, outline) of calls without a parent that arrived since then, newest first."""
        rows = self.run("recent_roots", from_time=since, limit=limit)
        return [(row.pop("project"), SpanOutline(**row)) for row in rows]

    def log_events(self, project: str, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[LogEvent]]:
        """Stored log events by (trace id, span id), in the order they were written."""
        found: dict[tuple[str, str], list[LogEvent]] = {}
        for row in self.run("log_events_by_span", project=project, **_id_parameters(ids)):
            found.setdefault((row["trace_id"], row["span_id"]), []).append(log_event_of_row(row))
        return found

    def log_event_projects(self) -> set[str]:
        return {row["project"] for row in self.run("log_event_projects")}

    # --- the rest ---------------------------------------------------------------------------------------------------

    def scores_of_traces(self, project: str, trace_ids: Sequence[str]) -> list[Score]:
        rows = self.run("scores_of_traces", project=project, trace_ids=list(trace_ids))
        return [score_of_row(row) for row in rows]

    def scores(self, project: str, where: Mapping[str, str], times: tuple[TimeNs, TimeNs], limit: int) -> list[Score]:
        """Scores by trace_id, session_id and name ("" does not filter), newest first."""
        rows = self.run("scores_page", project=project, from_time=times[0], to_time=times[1], limit=limit, **where)
        return [score_of_row(row) for row in rows]

    def facets(self, project: str, from_time: TimeNs | None, to_time: TimeNs | None) -> Facets:
        rows = self.run(
            "facets",
            project=project,
            from_time=from_time or 0,
            to_time=to_time or END_OF_TIME,
            limit=FACET_VALUES,
        )
        facets = Facets([], [], [], [], [])
        for row in rows:
            getattr(facets, row["facet"]).append((row["value"], row["spans"]))
        return facets

    def stats(self, project: str) -> Stats:
        """What is queryable; ``wal_pending_spans`` is the pipeline's to fill."""
        (row,) = self.run("stats", project=project)
        (disk,) = self.run("disk")
        return Stats(**row, disk_bytes=disk["disk_bytes"], wal_pending_spans=0)


def _chosen(conditions: Sequence[str]) -> list[str]:
    """Conditions on spans choose whole traces: for each of them the trace has some span that meets it."""
    return [f"trace_id IN ({_TRACES_WITH.format(condition)})" for condition in conditions]


_TRACES_WITH = (
    "SELECT trace_id FROM spans FINAL WHERE project = {{project:String}}"
    " AND start_time >= fromUnixTimestamp64Nano({{from_time:Int64}}) AND {}"
)


def _id_parameters(ids: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {
        "trace_ids": sorted({trace_id for trace_id, _ in ids}),
        "span_ids": sorted({span_id for _, span_id in ids}),
    }
