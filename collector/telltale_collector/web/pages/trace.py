"""One trace: its waterfall on the left, the chosen span on the right."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from telltale_collector.web.failures import StillArriving
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.pane import Pane, build_pane, chosen_span
from telltale_collector.web.waterfall import Money, Waterfall, build_waterfall, money_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import Score, TimeNs, Trace, TraceSummary


@dataclass(frozen=True, slots=True)
class TraceDetail:
    """The trace page.

    Attributes:
        trace: the roll-up.
        money: what its cost is made of.
        waterfall: all its spans.
        pane: the chosen span.
        scores: judgements on the whole trace, newest last.
        now_ns: the clock that relative times count from.
    """

    trace: TraceSummary
    money: Money
    waterfall: Waterfall
    pane: Pane
    scores: list[Score]
    now_ns: TimeNs


async def find_trace(request: Request) -> Trace:
    """The trace that the address names.

    Raises:
        StillArriving: when the store has no span of it.
    """
    trace_id = request.path_params["trace_id"].lower()
    found: Trace | None = await run_in_threadpool(request.app.state.reader.trace, PROJECT, trace_id)
    if found is None or not found.spans:
        raise StillArriving(
            f"there is no trace {trace_id}",
            "its spans may still be on their way; applications send them every few seconds",
        )
    return found


def find_pane(request: Request, trace: Trace) -> Pane:
    """The span that the address chooses, or the one to begin with."""
    span = chosen_span(trace, request.query_params.get("span"))
    return build_pane(trace, span, full=request.query_params.get("full") == "1")


async def _build(request: Request) -> TraceDetail:
    found = await find_trace(request)
    return TraceDetail(
        trace=found.trace,
        money=money_of(found.spans),
        waterfall=build_waterfall(found.spans),
        pane=find_pane(request, found),
        scores=[score for score in found.scores if score.span_id is None],
        now_ns=time.time_ns(),
    )


PAGE = Page(path="/traces/{trace_id}", template="trace.html", context=TraceDetail, build=_build)
