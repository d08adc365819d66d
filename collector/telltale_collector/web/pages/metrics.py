"""What applications report of themselves: their instruments, and one of them over time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.model import Instrument, MetricQuery, MetricStep, SeenExemplar
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import read_filter
from telltale_collector.store.metrics import exemplars, instruments, measure
from telltale_collector.store.reader import Reader
from telltale_collector.web import measured, urls
from telltale_collector.web.chart import Chart, Frame, draw, frame
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.quantity import is_money, on_axis
from telltale_collector.web.query import Range
from telltale_collector.web.ranges import EVER, USUAL, ranges

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import TimeNs

_STEPS_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800)
_MOST_STEPS: Final = 100
_SHORTEST_NS: Final = 600_000_000_000
_EXEMPLARS: Final = 8
_MOST_IN_LEGEND: Final = 4
_NO_KEY: Final = "none"


@dataclass(frozen=True, slots=True)
class Seen:
    """An instrument of the list, its own address, and whether it is the one shown."""

    instrument: Instrument
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The instrument that is drawn.

    Attributes:
        keys, shows, services: what can be chosen.
        kept: the parameters that a choice keeps.
        key: the attribute it is grouped by, or None.
        heads: the columns of ``totals``.
        has_legend: whether lines are named above the chart; more than a few are named in the table alone.
        left_out: groups without a line of their own.
        step: the width of a step, as text.
    """

    instrument: Instrument
    keys: list[measured.Choice]
    shows: list[measured.Choice]
    services: list[measured.Choice]
    kept: dict[str, str]
    key: str | None
    chart: Chart
    has_legend: bool
    heads: list[str]
    totals: list[measured.Total]
    left_out: int
    step: str
    exemplars: list[SeenExemplar]
    is_money: bool


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """The metrics that applications report.

    Attributes:
        seen: the instruments of the time range.
        shown: the chosen one, or None where there is none.
        ranges: time ranges to choose from.
        all_url: all that is stored.
        is_waiting: no metric was ever stored.
        now_ns: the clock that relative times count from.
    """

    seen: list[Seen]
    shown: Shown | None
    ranges: list[Range]
    all_url: str
    is_waiting: bool
    now_ns: TimeNs


async def _build(request: Request) -> MetricsPage:
    params = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    return await run_in_threadpool(_page, request.app.state.reader, params, time.time_ns())


def _page(reader: Reader, params: Mapping[str, str], now_ns: TimeNs) -> MetricsPage:
    since = params.get("from", USUAL)
    where = read_filter({"from": since, "to": params.get("to", "")}, now_ns)
    times = where.from_time or 0, where.to_time or now_ns
    found = instruments(reader, PROJECT, times[0], where.to_time or END_OF_TIME)
    chosen = _chosen(found, params)
    range_params = {name: params[name] for name in ("from", "to") if name in params}
    return MetricsPage(
        seen=[Seen(each, urls.metrics({**range_params, **_named(each)}), each is chosen) for each in found],
        shown=_shown(reader, chosen, params, times, now_ns) if chosen else None,
        ranges=ranges(lambda start: _range_url(start, params), None if "to" in params else since),
        all_url=_range_url(EVER, {}),
        is_waiting=not found and not instruments(reader, PROJECT, 0, END_OF_TIME),
        now_ns=now_ns,
    )


def _named(instrument: Instrument) -> dict[str, str]:
    """What tells an instrument from all others."""
    told = {"name": instrument.name, "type": instrument.type, "unit": instrument.unit}
    return {name: value for name, value in told.items() if value}


def _chosen(found: list[Instrument], params: Mapping[str, str]) -> Instrument | None:
    """The instrument that the address names; without a name the first."""
    asked = {name: params[name] for name in ("name", "type", "unit") if name in params}
    matches = (each for each in found if all(getattr(each, name) == value for name, value in asked.items()))
    return next(matches, None)


def _range_url(since: str, params: Mapping[str, str]) -> str:
    kept = {name: value for name, value in params.items() if name not in {"from", "to"}}
    return urls.metrics(kept if since == USUAL else {"from": since, **kept})


def _shown(
    reader: Reader, instrument: Instrument, params: Mapping[str, str], times: tuple[TimeNs, TimeNs], now_ns: TimeNs
) -> Shown:
    key = _key(instrument, params)
    choices = measured.shows(instrument, is_grouped=key is not None)
    show = params["show"] if params.get("show") in choices else next(iter(choices))
    service = params.get("service")
    steps_of = _frame(instrument, times, now_ns)
    query = MetricQuery(
        from_time=steps_of.start,
        to_time=steps_of.time(steps_of.count),
        step_s=steps_of.step_s,
        group_by=[key] if key else [],
        service=service,
    )
    totals = measured.largest_first(measure(reader, PROJECT, instrument, _whole(query)))
    names = [measured.group_name(total) for total in totals[: measured.MOST_LINES]]
    drawn = measured.lines(steps_of, measure(reader, PROJECT, instrument, query), show, names)
    return Shown(
        instrument=instrument,
        keys=_choices({_NO_KEY: "nothing", **{each: each for each in instrument.group_keys}}, key or _NO_KEY),
        shows=_choices(choices, show),
        services=_choices({"": "all", **{each: each for each in instrument.services}}, service or ""),
        kept={name: params[name] for name in ("from", "to") if name in params} | _named(instrument),
        key=key,
        chart=draw(
            steps_of,
            drawn,
            measured.writer(instrument, show),
            partial(on_axis, unit=measured.unit_of(instrument, show)),
        ),
        has_legend=show == measured.PERCENTILES or 1 < len(names) <= _MOST_IN_LEGEND,
        heads=measured.heads(instrument),
        totals=_totals(totals, instrument, show),
        left_out=max(0, len(totals) - measured.MOST_LINES),
        step=_width(steps_of.step_s),
        exemplars=exemplars(reader, PROJECT, instrument, query, _EXEMPLARS),
        is_money=is_money(instrument.unit) or "cost" in instrument.name,
    )


def _whole(query: MetricQuery) -> MetricQuery:
    return MetricQuery(from_time=query.from_time, to_time=query.to_time, group_by=query.group_by, service=query.service)


def _totals(totals: list[MetricStep], instrument: Instrument, show: str) -> list[measured.Total]:
    """One line of the table a group; its colour is that of its line, where it has just one."""
    return [
        measured.total(each, instrument, at if at < measured.MOST_LINES and show != measured.PERCENTILES else None)
        for at, each in enumerate(totals)
    ]


def _key(instrument: Instrument, params: Mapping[str, str]) -> str | None:
    asked = params.get("group")
    if asked == _NO_KEY:
        return None
    return asked if asked in instrument.group_keys else measured.usual_key(instrument)


def _frame(instrument: Instrument, times: tuple[TimeNs, TimeNs], now_ns: TimeNs) -> Frame:
    """From when the instrument was seen first: a range that is mostly empty would squeeze what there is."""
    end = times[1] if times[1] < now_ns else max(now_ns, instrument.last_seen + 1)
    begin = min(max(times[0], instrument.first_seen), end - _SHORTEST_NS)
    step_s = next((size for size in _STEPS_S if (end - begin) / size <= _MOST_STEPS * 1e9), _STEPS_S[-1])
    return frame(begin, end, step_s, now_ns)


def _width(step_s: int) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if step_s % size == 0:
            return f"{step_s // size} {unit}"
    return f"{step_s} s"


def _choices(labels: Mapping[str, str], chosen: str) -> list[measured.Choice]:
    return [measured.Choice(value, label, value == chosen) for value, label in labels.items()]


PAGE = Page(path="/app-metrics", template="metrics.html", context=MetricsPage, build=_build)
