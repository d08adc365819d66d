"""What a budget was asked to hold, checked; and prices that an application gives itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from telltale._account import money
from telltale._safely import log, safely
from telltale._terms import Limits

if TYPE_CHECKING:
    from telltale.instruments._answer import Usage

Scope: TypeAlias = Literal["run", "user", "session", "service"]
OnExceed: TypeAlias = Literal["warn", "raise", "route"]
OnUnknown: TypeAlias = Literal["warn", "block"]

_MILLION: Final = 1_000_000
_RATES: Final = ("input", "output", "cache_read", "cache_write")
_FALLBACK: Final = {"cache_read": "input", "cache_write": "input"}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def cost(self, usage: Usage) -> Decimal | None:
        """What the tokens cost; None where counts are missing or contradict one another."""
        if usage.input_tokens is None:
            return None
        read, written = usage.cache_read or 0, usage.cache_write or 0
        plain = usage.input_tokens - read - written
        if plain < 0:
            return None
        with money():
            given = plain * self.input + read * self.cache_read + written * self.cache_write
            return given + (usage.output_tokens or 0) * self.output


@dataclass(frozen=True, slots=True)
class Rule:
    """A budget as ``telltale.budget`` was told it.

    Attributes:
        window_s: None: for as long as the run, or the process, goes on.
        on_exceed: None: warn, or what the collector's budget says.
        prices: by model.
    """

    name: str
    limits: Limits = Limits()
    window_s: float | None = None
    scope: Scope = "run"
    on_exceed: OnExceed | None = None
    route: Mapping[str, str] = field(default_factory=dict)
    same_tool_calls: int | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    on_unknown: OnUnknown = "warn"
    from_collector: bool = False


def rule_of(name: Any, given: Mapping[str, Any]) -> Rule:
    """The rule; what is unusable costs one warning and is left out."""
    route = given.get("route") or {}
    return Rule(
        name=str(name),
        limits=Limits(_number(name, given, "usd"), _whole(name, given, "calls"), _whole(name, given, "tokens")),
        window_s=_window_s(name, given),
        scope=_one_of(name, given, "scope", Scope) or "run",
        on_exceed=_one_of(name, given, "on_exceed", OnExceed),
        route={str(model): str(cheaper) for model, cheaper in route.items()} if isinstance(route, Mapping) else {},
        same_tool_calls=_whole(name, given, "same_tool_calls"),
        prices=_prices(name, given.get("prices") or {}),
        on_unknown=_one_of(name, given, "on_unknown", OnUnknown) or "warn",
        from_collector=bool(given.get("from_collector")),
    )


def _number(name: Any, given: Mapping[str, Any], what: str) -> Decimal | None:
    if given.get(what) is None:
        return None
    try:
        number = Decimal(str(given[what]))
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and number >= 0:
        return number
    _refuse(name, what, given[what], "give a number from 0")
    return None


def _whole(name: Any, given: Mapping[str, Any], what: str) -> int | None:
    number = _number(name, given, what)
    return None if number is None else int(number)


def _window_s(name: Any, given: Mapping[str, Any]) -> float | None:
    number = _number(name, given, "window_s")
    if number == 0:
        _refuse(name, "window_s", 0, "give seconds, or leave it out")
    return float(number) if number else None


def _one_of(name: Any, given: Mapping[str, Any], what: str, choice: Any) -> Any:
    value = given.get(what)
    if value is None or value in get_args(choice):
        return value
    _refuse(name, what, value, f"use one of {', '.join(get_args(choice))}")
    return None


def _refuse(name: Any, what: str, value: Any, advice: str) -> None:
    log.warning("budget %r: %s=%r cannot be used; %s. going on without", name, what, value, advice)


def _prices(name: Any, given: Any) -> dict[str, Price]:
    prices = {}
    for model, row in given.items() if isinstance(given, Mapping) else ():
        with safely(f"read a price of the budget {name!r}"), money():
            prices[str(model)] = _price(row)
    return prices


def _price(row: Mapping[str, Any]) -> Price:
    """The price file's names: ``input_usd_per_mtok``, ``output_usd_per_mtok``, ..."""
    rates: dict[str, Decimal] = {}
    for part in _RATES:
        key = f"{part}_usd_per_mtok"
        known = key in row or part not in _FALLBACK
        rates[part] = Decimal(str(row[key])) / _MILLION if known else rates[_FALLBACK[part]]
        if not rates[part].is_finite() or rates[part] < 0:
            raise ValueError(f"{key}={row.get(key)!r} is no price")
    return Price(**cast("Any", rates))
