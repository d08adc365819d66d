"""Alerts: what is wrong now, what was wrong when, the rules, and who is told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.filters import read_filter
from telltale_collector.web import urls
from telltale_collector.web.alerts.shown import ShownAlert, ShownRule, fares, matched, shown_alert, shown_rule, together
from telltale_collector.web.alerts.timeline import Timeline, timeline
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.query import Range

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.alerts.desk import Desk
    from telltale_collector.alerts.views import Watch
    from telltale_collector.model import ReceiverStatus, Silence, TimeNs

_RANGES: Final = (("24h", "now-24h"), ("7d", "now-7d"), ("30d", "now-30d"))
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """A receiver, how it fares in words, and a class for the colour of that."""

    status: ReceiverStatus
    fares: str
    tone: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """A silence, and in words what it is about; ``lasts``: now."""

    silence: Silence
    about: str
    lasts: bool


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """The alerts.

    Attributes:
        firing, pending: alerts now, the worst first.
        history: when alerts fired in the chosen range.
        ranges: for the history.
        rules: by group's title.
        evaluated_at_ns: when any rule was evaluated last; None: not since the collector started.
        broken: rules that cannot be evaluated.
        receivers, silences: who is told, and what is not told.
        is_on: whether this collector evaluates rules.
        is_alive: whether all of them were evaluated lately.
        now_ns: the clock that relative times count from.
    """

    firing: list[ShownAlert]
    pending: list[ShownAlert]
    history: Timeline
    ranges: list[Range]
    rules: dict[str, list[ShownRule]]
    evaluated_at_ns: TimeNs | None
    broken: list[ShownRule]
    receivers: list[Told]
    silences: list[Silenced]
    is_on: bool
    is_alive: bool
    now_ns: TimeNs


async def _build(request: Request) -> AlertsPage:
    return await run_in_threadpool(_read, request)


def _read(request: Request) -> AlertsPage:
    now_ns = time.time_ns()
    watch: Watch = request.app.state.watch
    desk: Desk = request.app.state.alert_desk
    since = request.query_params.get("from", "").strip() or _RANGES[0][1]
    from_ns = read_filter({"from": since}, now_ns).from_time or 0
    alerts = [shown_alert(views, now_ns) for views in together(watch.now(PROJECT))]
    rules = [shown_rule(view) for view in watch.rules(PROJECT)]
    history = watch.history(PROJECT, from_ns, now_ns, limit=_MOST)
    return AlertsPage(
        firing=[alert for alert in alerts if alert.view.state != "pending"],
        pending=[alert for alert in alerts if alert.view.state == "pending"],
        history=timeline(history, from_ns, now_ns, urls.alert_rule("{}")),
        ranges=[Range(label, urls.alerts({"from": value}), value == since) for label, value in _RANGES],
        rules=_by_group(rules),
        evaluated_at_ns=max((rule.view.evaluated_at_ns for rule in rules if rule.view.evaluated_at_ns), default=None),
        broken=[rule for rule in rules if rule.view.error],
        receivers=[Told(status, *fares(status, now_ns)) for status in desk.receivers(PROJECT)],
        silences=[_silenced(silence, now_ns) for silence in desk.silences(PROJECT)],
        is_on=request.app.state.settings.alerts == "on",
        is_alive=watch.is_alive(),
        now_ns=now_ns,
    )


def _by_group(rules: list[ShownRule]) -> dict[str, list[ShownRule]]:
    groups: dict[str, list[ShownRule]] = {}
    for rule in rules:
        groups.setdefault(rule.view.group.title, []).append(rule)
    return groups


def _silenced(silence: Silence, now_ns: TimeNs) -> Silenced:
    return Silenced(silence, matched(silence), silence.starts_at_ns <= now_ns < silence.ends_at_ns)


PAGE = Page(path="/alerts", template="alerts.html", context=AlertsPage, build=_build)
