"""Budgets: what calls may use within a window, and how much of it they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from telltale_collector.model.primitives import TimeNs

Window: TypeAlias = Literal["hour", "day", "month", "rolling"]
BudgetAction: TypeAlias = Literal["warn", "raise", "route"]


@dataclass(slots=True, frozen=True, kw_only=True)
class BudgetFilter:
    """Which calls a budget is about; None does not filter."""

    service: str | None = None
    environment: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    model: str | None = None
    prompt_name: str | None = None
    tag: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Amounts:
    """Dollars, calls and tokens (input and output together); None is no limit, or unknown."""

    usd: Decimal | None = None
    calls: int | None = None
    tokens: int | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Budget:
    """A limit by name.

    Attributes:
        window: the calendar's hour, day or month in UTC, or the last ``window_s`` seconds.
        action: what applications are to do once it is exceeded.
        route: model to cheaper model, for the action ``route``.
    """

    name: str
    filter: BudgetFilter
    limit: Amounts
    window: Window
    window_s: int | None
    action: BudgetAction
    route: Mapping[str, str]


@dataclass(slots=True, frozen=True, kw_only=True)
class BudgetStatus(Budget):
    """A budget, and where it stands.

    Attributes:
        spent: by calls that began within the window; dollars are None while no call has a price.
        estimated: the part of ``spent`` that comes from tokens which the collector counted.
        unpriced_calls: calls whose price is unknown; ``spent.usd`` leaves them out.
        uncounted_calls: calls whose tokens are unknown; ``spent.tokens`` leaves them out.
        remaining: None where there is no limit, never below 0.
        exceeded: some limit is reached: the next call would pass it.
        since_ns: when the window begins.
        resets_at_ns: when it ends; None where it rolls.
    """

    spent: Amounts
    estimated: Amounts
    unpriced_calls: int
    uncounted_calls: int
    remaining: Amounts
    exceeded: bool
    since_ns: TimeNs
    resets_at_ns: TimeNs | None
