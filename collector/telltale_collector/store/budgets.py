"""The table ``budgets``, and what is spent of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Amounts, Budget, BudgetFilter, BudgetStatus, TimeNs
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader

MOST = 1000
"""Budgets of one project."""

_SECOND_NS = 1_000_000_000
_FRESH_S = 2.0
_SHARE = 20.0
"""A status that took long to work out is used so much longer: who polls takes at most a twentieth of a core."""


class Budgets:
    """Budgets by project and name."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader
        self._recently: dict[tuple[str, str], _Recent] = {}
        self._working_out = threading.Lock()
        self._changing = threading.Lock()

    def all(self, project: str) -> list[Budget]:
        return [_budget(row) for row in self._reader.run("budgets", project=project, name="", limit=MOST)]

    def one(self, project: str, name: str) -> Budget:
        """The budget of that name.

        Raises:
            NotFound: there is none.
        """
        rows = self._reader.run("budgets", project=project, name=name, limit=1)
        if not rows:
            raise NotFound(f"there is no budget {name[:64]!r}", "GET /api/v1/budgets lists them")
        return _budget(rows[0])

    def put(self, project: str, budget: Budget) -> None:
        """Make it, or replace the one of that name; durable when it returns.

        Raises:
            BadRequest: there are too many already.
        """
        names = {known.name for known in self.all(project)}
        if budget.name not in names and len(names) >= MOST:
            raise BadRequest(f"there are {MOST} budgets already", "DELETE one that is not needed any more")
        self._insert(project, budget, is_removed=False)

    def remove(self, project: str, name: str) -> None:
        """Forget one; durable when it returns.

        Raises:
            NotFound: there is none.
        """
        self._insert(project, self.one(project, name), is_removed=True)

    def _insert(self, project: str, budget: Budget, *, is_removed: bool) -> None:
        with self._changing:
            (row,) = self._reader.run("budget_changed", project=project, name=budget.name)
            # The newest row is the one that holds, also where the clock was set back since the one before.
            changed_at = max(time.time_ns(), row["changed_at"] + 1)
            columns = budget_columns(project, budget, changed_at, is_removed=is_removed)
            self._client.insert("budgets", columns, f"budget-{changed_at}-{threading.get_ident()}")

    # --- where they stand
    def status(self, project: str, budget: Budget, now_ns: TimeNs) -> BudgetStatus:
        """Where a budget stands now."""
        since, until = window_of(budget, now_ns)
        about = {key: value or "" for key, value in asdict(budget.filter).items()}
        times = {"from_time": since, "to_time": until or now_ns + 1}
        (row,) = self._reader.run("budget_spent", project=project, **times, **about)
        return _status(budget, row, since, until)

    def statuses(self, project: str, now_ns: TimeNs) -> list[BudgetStatus]:
        """Where all budgets stand, as of a moment ago: many applications ask for this every few seconds."""
        budgets = self.all(project)
        wanted = {(project, budget.name) for budget in budgets}
        with self._working_out:
            self._recently = {key: at for key, at in self._recently.items() if key[0] != project or key in wanted}
        return [self._recent(project, budget, now_ns) for budget in budgets]

    def _recent(self, project: str, budget: Budget, now_ns: TimeNs) -> BudgetStatus:
        with self._working_out:  # one at a time: who comes meanwhile finds the answer
            known = self._recently.get((project, budget.name))
            if known is not None and known.holds_for(budget, now_ns):
                return known.status
            began = time.monotonic()
            status = self.status(project, budget, now_ns)
            fresh_s = max(_FRESH_S, _SHARE * (time.monotonic() - began))
            self._recently[project, budget.name] = _Recent(budget, status, now_ns, fresh_s)
            return status


@dataclass(slots=True, frozen=True)
class _Recent:
    budget: Budget
    status: BudgetStatus
    at_ns: TimeNs
    fresh_s: float

    def holds_for(self, budget: Budget, now_ns: TimeNs) -> bool:
        is_fresh = 0 <= now_ns - self.at_ns < self.fresh_s * _SECOND_NS
        is_same_window = self.status.resets_at_ns is None or now_ns < self.status.resets_at_ns
        return is_fresh and is_same_window and self.budget == budget


def window_of(budget: Budget, now_ns: TimeNs) -> tuple[TimeNs, TimeNs | None]:
    """When the window began, and when it ends; None for one that rolls."""
    if budget.window == "rolling":
        return max(0, now_ns - (budget.window_s or 0) * _SECOND_NS), None
    now = datetime.fromtimestamp(now_ns // _SECOND_NS, UTC)
    hour = now.replace(minute=0, second=0)
    day = hour.replace(hour=0)
    month = day.replace(day=1)
    since, until = {
        "hour": (hour, hour + timedelta(hours=1)),
        "day": (day, day + timedelta(days=1)),
        "month": (month, (month + timedelta(days=31)).replace(day=1)),
    }[budget.window]
    return int(since.timestamp()) * _SECOND_NS, int(until.timestamp()) * _SECOND_NS


def _status(budget: Budget, row: Mapping[str, Any], since: TimeNs, until: TimeNs | None) -> BudgetStatus:
    usd = Decimal(0) if row["calls"] == 0 else row["usd"]
    spent = Amounts(usd=usd, calls=row["calls"], tokens=row["tokens"])
    limit = budget.limit
    left = Amounts(
        usd=None if limit.usd is None else max(Decimal(0), limit.usd - (usd or 0)),
        calls=None if limit.calls is None else max(0, limit.calls - row["calls"]),
        tokens=None if limit.tokens is None else max(0, limit.tokens - row["tokens"]),
    )
    return BudgetStatus(
        **{known.name: getattr(budget, known.name) for known in fields(Budget)},
        spent=spent,
        estimated=Amounts(
            usd=row["estimated_usd"] or Decimal(0), calls=row["estimated_calls"], tokens=row["estimated_tokens"]
        ),
        unpriced_calls=row["unpriced_calls"],
        uncounted_calls=row["uncounted_calls"],
        remaining=left,
        exceeded=0 in {left.usd, left.calls, left.tokens},
        since_ns=since,
        resets_at_ns=until,
    )


def _budget(row: Mapping[str, Any]) -> Budget:
    return Budget(
        name=row["name"],
        filter=BudgetFilter(**row["filter"]),
        limit=Amounts(usd=row["limit_usd"], calls=row["limit_calls"], tokens=row["limit_tokens"]),
        window=row["window"],
        window_s=row["window_s"],
        action=row["action"],
        route=row["route"],
    )


def budget_columns(project: str, budget: Budget, changed_at: TimeNs, *, is_removed: bool) -> dict[str, Sequence[Any]]:
    """Columns of the table ``budgets``, with one row."""
    row = {
        "project": project,
        "name": budget.name,
        "filter": {key: value for key, value in asdict(budget.filter).items() if value is not None},
        "limit_usd": budget.limit.usd,
        "limit_calls": budget.limit.calls,
        "limit_tokens": budget.limit.tokens,
        "window": budget.window,
        "window_s": budget.window_s,
        "action": budget.action,
        "route": dict(budget.route),
        "is_removed": is_removed,
        "changed_at": changed_at,
    }
    return {name: [value] for name, value in row.items()}
