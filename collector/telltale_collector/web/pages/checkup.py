"""What is wrong with the instrumentation, and the lines that mend it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.checkup import Fault, Finding, Group, faults, find_faults
from telltale_collector.model.ledger import counts_of, sum_of
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import read_filter
from telltale_collector.web import format as formats
from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.query import Range
from telltale_collector.web.ranges import EVER, USUAL, ranges
from telltale_collector.web.texts import Fact

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import LedgerHour, Stats, TimeNs

_FILTERS: Final = ("service", "model", "kind")
"""Columns of a group that the trace list can filter by."""


@dataclass(frozen=True, slots=True)
class Part:
    """One group of a fault: what tells it from others, the line that mends it, and where its traces are listed."""

    group: Group
    facts: list[Fact]
    traces_url: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A fault that was found, with its groups."""

    finding: Finding
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class CheckupPage:
    """The checkup.

    Attributes:
        found: the faults that are there, the gravest first.
        checked: all that was looked for.
        clear: the titles of what was looked for and not found.
        ranges: time ranges to choose from.
        all_url: the checkup over all time.
        is_waiting: nothing was ever stored.
        has_spans: there were spans to look at in this time range.
        account: the ledger's sums over this time range, by arrival; empty where nothing came.
        reasons: why items were rejected, dropped, or given up by their clients, with their counts.
        set_aside: how many items could not be stored and wait as dead letters.
        now_ns: the clock that relative times count from.
    """

    found: list[Shown]
    checked: tuple[Fault, ...]
    clear: list[str]
    ranges: list[Range]
    all_url: str
    is_waiting: bool
    has_spans: bool
    account: list[Fact]
    reasons: list[Fact]
    set_aside: int
    now_ns: TimeNs


async def _build(request: Request) -> CheckupPage:
    now_ns = time.time_ns()
    since = request.query_params.get("from", "").strip() or USUAL
    until = request.query_params.get("to", "").strip()
    where = read_filter({"from": since, "to": until}, now_ns)
    from_time, to_time = where.from_time or 0, where.to_time or END_OF_TIME
    reader = request.app.state.reader
    stats = await run_in_threadpool(reader.stats, PROJECT)
    found = await run_in_threadpool(find_faults, reader, PROJECT, from_time, to_time)
    account = sum_of(request.app.state.ledger.between(PROJECT, from_time, to_time))
    names = {finding.fault.name for finding in found}
    return CheckupPage(
        found=[Shown(finding, [_part(group, since) for group in finding.groups]) for finding in found],
        checked=faults(),
        clear=[fault.title for fault in faults() if fault.name not in names],
        ranges=ranges(_url, None if until else since),
        all_url=_url(EVER),
        is_waiting=stats.spans == 0,
        has_spans=_any_within(stats, from_time, to_time),
        account=_account(account),
        reasons=_reasons(account),
        set_aside=await run_in_threadpool(request.app.state.dead_letters.count, PROJECT),
        now_ns=now_ns,
    )


def _any_within(stats: Stats, from_time: TimeNs, to_time: TimeNs) -> bool:
    if stats.newest is None or stats.oldest is None:
        return False
    return stats.newest >= from_time and stats.oldest < to_time


def _account(sums: LedgerHour) -> list[Fact]:
    counts = counts_of(sums)
    return [Fact(_label(name), formats.whole(items)) for name, items in counts.items()] if any(counts.values()) else []


def _reasons(sums: LedgerHour) -> list[Fact]:
    return [
        Fact(f"{_label(outcome)}: {reason}", formats.whole(items))
        for outcome, reasons in sums.reasons.items()
        for reason, items in sorted(reasons.items(), key=lambda pair: -pair[1])
        if items
    ]


def _url(since: str) -> str:
    return urls.checkup({} if since == USUAL else {"from": since})


def _part(group: Group, since: str) -> Part:
    filters = {name: str(group.told_by[name]) for name in _FILTERS if group.told_by.get(name)}
    told = [Fact(_label(name), _text(name, value)) for name, value in group.told_by.items() if value not in (None, "")]
    return Part(group, told, urls.traces({"from": since, **filters}) if filters else None)


def _label(name: str) -> str:
    return name.removesuffix("_usd").removesuffix("_ns").replace("_", " ")


def _text(name: str, value: Any) -> str:
    """A value as its column's name says it is to be read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return formats.usd(value)
    if isinstance(value, int):
        return formats.duration(value) if name.endswith("_ns") else formats.whole(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


PAGE = Page(path="/checkup", template="checkup.html", context=CheckupPage, build=_build)
