"""One trace: its waterfall on the left, the chosen span on the right."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.web.failures import StillArriving
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.pane import Pane, build_pane, chosen_span
from telltale_collector.web.waterfall import Money, Waterfall, build_waterfall, money_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import Score, TimeNs, Trace, TraceSummary


_YOUNG_NS: Final = 60_000_000_000


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
        is_arriving: its root is missing and it is young: the page looks again by itself.
    """

    trace: TraceSummary
    money: Money
    waterfall: Waterfall
    pane: Pane
    scores: list[Score]
    now_ns: TimeNs
    is_arriving: bool


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
    now_ns = time.time_ns()
    waterfall = build_waterfall(found.spans)
    age_ns = now_ns - found.trace.start_time - found.trace.duration_ns
    return TraceDetail(
        trace=found.trace,
        money=money_of(found.spans),
        waterfall=waterfall,
        pane=find_pane(request, found),
        scores=[score for score in found.scores if score.span_id is None],
        now_ns=now_ns,
        is_arriving=not waterfall.has_root and age_ns < _YOUNG_NS,
    )


PAGE = Page(path="/traces/{trace_id}", template="trace.html", context=TraceDetail, build=_build)
