"""Budgets: what each allows, what is spent of it, what of that is not known."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.web import format as formats
from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.texts import Fact

if TYPE_CHECKING:
    from decimal import Decimal

    from starlette.requests import Request

    from telltale_collector.model import BudgetStatus, TimeNs

_LISTED: Final = ("service", "environment", "user_id", "session_id", "model")
"""Filters of a budget that the trace list has, too."""

_WINDOWS: Final = {"hour": "this hour", "day": "today", "month": "this month"}
_ACTIONS: Final = {"warn": "warns", "raise": "stops calls", "route": "goes to cheaper models"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One limit. ``percent`` of it is spent, 100 and more where it is reached; None while that is not known."""

    name: str
    spent: str
    limit: str
    left: str
    percent: int | None

    @property
    def drawn(self) -> int:
        return min(self.percent or 0, 100)


@dataclass(frozen=True, slots=True)
class ShownBudget:
    """A budget, its limits as bars, and in words what is left out of them or counted by the collector."""

    status: BudgetStatus
    action: str
    window: str
    facts: list[Fact]
    bars: list[Bar]
    doubts: list[str]
    traces_url: str

    @property
    def used(self) -> int:
        """Percent of the limit that is nearest to its end."""
        return self.worst.percent or 0

    @property
    def worst(self) -> Bar:
        """The limit that is nearest to its end."""
        return max(self.bars, key=lambda bar: bar.percent or 0)


@dataclass(frozen=True, slots=True)
class BudgetsPage:
    """The budgets.

    Attributes:
        budgets: in order of their names, those that are exceeded first.
        post_url: where a POST makes one.
        now_ns: the clock that relative times count from.
    """

    budgets: list[ShownBudget]
    post_url: str
    now_ns: TimeNs


async def _build(request: Request) -> BudgetsPage:
    now_ns = time.time_ns()
    found = await run_in_threadpool(request.app.state.budgets.statuses, PROJECT, now_ns)
    return BudgetsPage(
        budgets=[shown_budget(status) for status in sorted(found, key=lambda status: not status.exceeded)],
        post_url=f"{str(request.base_url).rstrip('/')}{urls.BUDGETS_API}",
        now_ns=now_ns,
    )


def shown_budget(status: BudgetStatus) -> ShownBudget:
    about = {name: value for name, value in asdict(status.filter).items() if value is not None}
    window = f"the last {formats.duration((status.window_s or 0) * 1_000_000_000)}"
    listed = {name: value for name, value in about.items() if name in _LISTED}
    return ShownBudget(
        status=status,
        action=_ACTIONS[status.action],
        window=_WINDOWS.get(status.window, window),
        facts=[Fact(name, value) for name, value in about.items()],
        bars=_bars(status),
        doubts=list(_doubts(status)),
        traces_url=urls.traces({**listed, "from": formats.iso_time(status.since_ns)}),
    )


def _bars(status: BudgetStatus) -> list[Bar]:
    limit, spent, left = status.limit, status.spent, status.remaining
    bars = []
    if limit.usd is not None:
        money = formats.cost(spent.usd, status.unpriced_calls)
        share = _percent(spent.usd, limit.usd)
        bars.append(Bar("dollars", money, formats.usd(limit.usd), formats.usd(left.usd), share))
    counts = (("calls", spent.calls, limit.calls, left.calls), ("tokens", spent.tokens, limit.tokens, left.tokens))
    for name, used, most, rest in counts:
        if most is not None:
            bars.append(Bar(name, formats.whole(used), formats.whole(most), formats.whole(rest), _percent(used, most)))
    return bars


def _percent(spent: Decimal | int | None, limit: Decimal | int) -> int | None:
    if spent is None:
        return None
    return 100 if limit == 0 else int(spent * 100 / limit)


def _doubts(status: BudgetStatus) -> list[str]:
    calls = f"of {formats.whole(status.spent.calls)} calls"
    said = []
    money, counts = status.limit.usd is not None, status.limit.usd is not None or status.limit.tokens is not None
    if money and status.unpriced_calls:
        said.append(f"{formats.whole(status.unpriced_calls)} {calls} have no known price: the dollars leave them out")
    if counts and status.uncounted_calls:
        said.append(f"{formats.whole(status.uncounted_calls)} {calls} told no tokens: the sums leave them out")
    if counts and status.estimated.calls:
        estimated = status.estimated
        part = formats.usd(estimated.usd) if money else f"{formats.whole(estimated.tokens)} tokens"
        said.append(
            f"the collector counted the tokens of {formats.whole(status.estimated.calls)} {calls}: {part} are estimated"
        )
    return said


PAGE = Page(path="/budgets", template="budgets.html", context=BudgetsPage, build=_build)
