"""The front page: how things stand against the period before, what changed, what is wrong now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.web import urls
from telltale_collector.web.alerts.shown import ShownAlert, shown_alert
from telltale_collector.web.overview.answers import ask
from telltale_collector.web.overview.asked import read_asked
from telltale_collector.web.overview.movers import Movers, movers
from telltale_collector.web.overview.tiles import Tile, tiles
from telltale_collector.web.page import Page
from telltale_collector.web.pages.budgets import ShownBudget, shown_budget
from telltale_collector.web.waiting import Address, address_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import TimeNs
    from telltale_collector.store.overview import Failure
    from telltale_collector.web.query import Range

_ALERTS: Final = 5
_NEAR_PERCENT: Final = 80


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview.

    Attributes:
        tiles: the figures.
        changed: what moved most, by sort.
        alerts: those that fire, the worst first; ``more_alerts`` fire beside them.
        failures: the traces that failed last.
        failures_url: all of them.
        budgets: those that are used up or nearly.
        ranges: to choose from.
        words: the length of the period: ``24 hours``.
        is_waiting: nothing was ever stored: the page explains the first step.
        address: where applications find this collector.
        now_ns: the clock that relative times count from.
    """

    tiles: list[Tile]
    changed: list[Movers]
    alerts: list[ShownAlert]
    more_alerts: int
    failures: list[Failure]
    failures_url: str
    budgets: list[ShownBudget]
    ranges: list[Range]
    words: str
    is_waiting: bool
    address: Address
    now_ns: TimeNs


async def _build(request: Request) -> Overview:
    return await run_in_threadpool(_read, request, time.time_ns())


def _read(request: Request, now_ns: TimeNs) -> Overview:
    asked = read_asked(request.query_params, now_ns)
    answers = ask(request.app.state, asked)
    firing = [view for view in answers.alerts if view.state != "pending"]
    budgets = [shown_budget(status) for status in answers.budgets]
    near = [each for each in budgets if each.used >= _NEAR_PERCENT]
    return Overview(
        tiles=tiles(asked, answers),
        changed=movers(asked, answers.changed),
        alerts=[shown_alert([view], now_ns) for view in firing[:_ALERTS]],
        more_alerts=max(0, len(firing) - _ALERTS),
        failures=answers.failures,
        failures_url=urls.traces({"from": asked.since, "has": "error"}),
        budgets=sorted(near, key=lambda each: -each.used),
        ranges=asked.ranges,
        words=asked.words,
        is_waiting=answers.is_waiting,
        address=address_of(request),
        now_ns=now_ns,
    )


PAGE = Page(path="/", template="overview.html", context=Overview, build=_build)
