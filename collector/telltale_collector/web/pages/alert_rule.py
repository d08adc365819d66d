"""One rule: what it means, what to do, how it is told, and when it fired."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.alerts.figures import period
from telltale_collector.errors import NotFound
from telltale_collector.web import urls
from telltale_collector.web.alerts.shown import ShownAlert, ShownRule, shown_alert, shown_rule
from telltale_collector.web.alerts.timeline import Timeline, timeline
from telltale_collector.web.page import PROJECT, Page

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.alerts.views import Watch
    from telltale_collector.model import TimeNs

_MONTH_NS: Final = 30 * 86_400 * 1_000_000_000
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule.

    Attributes:
        shown: it.
        alerts: those of it that are not over.
        history: when it fired in the last 30 days.
        every: how often it is evaluated.
        keeps: how long it has to be good; "" where it is over at once.
        board_url: the board with the panel that shows it; "" where none does.
        now_ns: the clock that relative times count from.
    """

    shown: ShownRule
    alerts: list[ShownAlert]
    history: Timeline
    every: str
    keeps: str
    board_url: str
    now_ns: TimeNs


async def _build(request: Request) -> RulePage:
    return await run_in_threadpool(_read, request, request.path_params["uid"])


def _read(request: Request, uid: str) -> RulePage:
    now_ns = time.time_ns()
    watch: Watch = request.app.state.watch
    found = next((view for view in watch.rules(PROJECT) if view.rule.uid == uid), None)
    if found is None:
        raise NotFound(f"there is no alert rule {uid[:64]!r}", "the alerts page lists them")
    rule = found.rule
    history = watch.history(PROJECT, now_ns - _MONTH_NS, now_ns, rule=uid, limit=_MOST)
    return RulePage(
        shown=shown_rule(found),
        alerts=[shown_alert([view], now_ns) for view in watch.now(PROJECT) if view.rule == uid],
        history=timeline(history, now_ns - _MONTH_NS, now_ns, urls.alert_rule("{}")),
        every=period(found.group.interval_s),
        keeps=period(rule.keep_firing_for_s) if rule.keep_firing_for_s else "",
        board_url=urls.board(rule.shows.board) if rule.shows else "",
        now_ns=now_ns,
    )


PAGE = Page(path="/alerts/rules/{uid}", template="alert_rule.html", context=RulePage, build=_build)
