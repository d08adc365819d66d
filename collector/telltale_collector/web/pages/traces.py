"""The list of traces: what happened lately, and the few filters that find one trace among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.filters import read_filter
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.pages.trace_rows import TraceRows, build_rows

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import Facets


@dataclass(frozen=True, slots=True)
class TraceList:
    """The page around the rows.

    Attributes:
        rows: the lines and the list's state, as the live list fetches them again.
        facets: the values to choose from within the time range.
    """

    rows: TraceRows
    facets: Facets


async def build_list(request: Request) -> TraceList:
    """The list that the address asks for."""
    rows = await build_rows(request)
    span_of_time = {name: value for name, value in rows.query.params.items() if name in {"from", "to"}}
    times = read_filter(span_of_time, rows.now_ns)
    reader = request.app.state.reader
    facets = await run_in_threadpool(reader.facets, PROJECT, times.from_time, times.to_time)
    return TraceList(rows, facets)


PAGE = Page(path="/traces", template="traces.html", context=TraceList, build=build_list)
