"""The list's rows alone, fetched again and again while the list is live."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.filters import read_filter
from telltale_collector.web.life import life
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.query import Query, read_query
from telltale_collector.web.waiting import Address, address_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import TimeNs, TraceSummary

_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One trace's line.

    Attributes:
        trace: what it shows.
        bar: its duration in percent of the longest on the page.
        version: changes when anything shown changes, so that the page replaces only such lines.
    """

    trace: TraceSummary
    bar: float
    version: str


@dataclass(frozen=True, slots=True)
class TraceRows:
    """The lines of the list.

    Attributes:
        query: the list's state in the address.
        lines: newest first.
        next_cursor: where the older page begins; None on the last.
        now_ns: the clock that relative times count from.
        is_waiting: nothing was ever stored: the page explains the first step.
        address: where applications find this collector.
    """

    query: Query
    lines: list[Line]
    next_cursor: str | None
    now_ns: TimeNs
    is_waiting: bool
    address: Address


@dataclass(frozen=True, slots=True)
class RowsAlone:
    """The part of the list that is fetched again; ``rows`` are its lines."""

    rows: TraceRows


async def build_rows(request: Request) -> TraceRows:
    """The lines that the address asks for."""
    query = read_query(request.query_params)
    now_ns = time.time_ns()
    where = read_filter(query.params, now_ns)
    reader = request.app.state.reader
    page = await run_in_threadpool(reader.traces, PROJECT, where, limit=_PAGE_SIZE, cursor=query.cursor)
    is_waiting = False
    if not page.traces and query.cursor is None:
        is_waiting = (await run_in_threadpool(reader.stats, PROJECT)).spans == 0
    slowest = max((trace.duration_ns for trace in page.traces), default=0)
    return TraceRows(
        query=query,
        lines=[_line(trace, slowest, now_ns) for trace in page.traces],
        next_cursor=page.next_cursor,
        now_ns=now_ns,
        is_waiting=is_waiting,
        address=address_of(request),
    )


def _line(trace: TraceSummary, slowest_ns: int, now_ns: TimeNs) -> Line:
    bar = round(max(trace.duration_ns, 0) * 100 / max(slowest_ns, 1), 1)
    shown = None if trace.last_sign is None else life(trace.start_time, trace.last_sign, now_ns)
    seen = zlib.crc32(repr((trace, bar, shown)).encode("utf-8", "replace"))
    return Line(trace, bar, f"{seen:08x}")


async def _build(request: Request) -> RowsAlone:
    return RowsAlone(await build_rows(request))


PAGE = Page(path="/fragments/traces", template="_rows.html", context=RowsAlone, build=_build)
