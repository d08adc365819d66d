"""What one budget says of one call: its limits, its account, and what follows where the two do not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from telltale import semconv
from telltale._account import Spent
from telltale._exceeded import Excess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telltale._account import Account
    from telltale._limits import OnExceed, OnUnknown, Price


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None is no limit."""

    usd: Decimal | None = None
    calls: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A budget as it holds for a call here and now.

    Attributes:
        account: what was spent, and where this call is put down.
        where: the time or the run that the limits are for, in words.
        prices: by model; others are asked from the collector.
        unheld: why a part of it cannot be held now, or None.
    """

    name: str
    limits: Limits
    account: Account
    where: str
    on_exceed: OnExceed = "warn"
    route: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    on_unknown: OnUnknown = "warn"
    window_s: float | None = None
    unheld: str | None = None

    def takes(self, model: str, longest: int) -> Spent:
        """What a call reserves beside itself: the longest answer that it allows, where it says so."""
        price = self.prices.get(model)
        return Spent(tokens=longest, usd=Decimal(0) if price is None else longest * price.output)

    def excess(self, model: str, longest: int) -> Excess | None:
        """Why there is no room for a call, or None. Whoever asks is ``booking``."""
        if self.on_unknown == "block" and model in self.account.unknown:
            return Excess("unknown", 0, 0, self.where, model)
        spent, reserved, wanted = self.account.total(), self.account.reserved, self.takes(model, longest)
        return (
            _over("calls", self.limits.calls, spent.calls, 1, self.where)
            or _over("tokens", self.limits.tokens, spent.tokens + reserved.tokens, wanted.tokens, self.where)
            or _over("usd", self.limits.usd, spent.usd + reserved.usd, wanted.usd, self.where)
        )


def _over(measure: Any, limit: Any, used: Any, wanted: Any, where: str) -> Excess | None:
    """At the limit nothing more fits, below it only what does not pass it."""
    if limit is None or (used < limit and used + wanted <= limit):
        return None
    return Excess(measure, limit, used, where)


def longest_answer(request: Mapping[str, Any]) -> int:
    """The most tokens that a request, as its span's attributes, lets the model answer; 0 where it does not say."""
    return _whole(request.get(semconv.REQUEST_MAX_TOKENS)) * max(1, _whole(request.get(semconv.REQUEST_CHOICE_COUNT)))


def _whole(value: Any) -> int:
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0
