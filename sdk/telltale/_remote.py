"""A budget of the collector's, as this process knows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._account import Account, Spent
from telltale._context import attributes as context_attributes
from telltale._terms import Limits, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telltale._limits import OnExceed, Rule

_SECOND_NS: Final = 1_000_000_000
_CONTEXT: Final = {"user_id": semconv.USER_ID, "session_id": semconv.SESSION_ID}


@dataclass(frozen=True, slots=True)
class Told:
    """What ``GET /api/v1/budgets`` says of one budget."""

    limits: Limits
    spent: Spent
    filter: Mapping[str, str]
    on_exceed: OnExceed
    route: Mapping[str, str]
    window: str


def told_of(status: Mapping[str, Any]) -> Told:
    """Read one element of the answer. Money is Decimal.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, ArithmeticError: it is none.
    """
    limit, spent = status["limit"], status["spent"]
    return Told(
        limits=Limits(_decimal(limit["usd"]), limit["calls"], limit["tokens"]),
        spent=Spent(spent["calls"], spent["tokens"], _decimal(spent["usd"]) or Decimal(0)),
        filter={key: value for key, value in status["filter"].items() if value is not None},
        on_exceed=status["action"],
        route=dict(status["route"]),
        window=f"within {status['window_s']} s" if status["window"] == "rolling" else f"in this {status['window']}",
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


class RemoteAccount(Account):
    """What the collector knows to be spent, the calls of this process that ended since it was asked, those under way.

    The collector counts a call once its span has ended, or sooner where the span is told of while it is open.

    Args:
        told_after_s: for how long a call is under way when the collector surely knows of it.
    """

    prices_itself = True

    def __init__(self, told_after_s: float = math.inf) -> None:
        super().__init__()
        self.known = Spent()
        self._told_after_s = told_after_s
        self._since = Spent()
        self._since_asked = Spent()
        self._asked_ns = 0
        self._under_way: dict[int, int] = {}

    def begin(self, reserved: Spent) -> None:
        self._under_way[id(reserved)] = monotonic_ns()
        self.reserved.add(reserved)

    def settle(self, reserved: Spent, spent: Spent) -> None:
        is_known = self._under_way.pop(id(reserved), None) is None
        super().settle(reserved, replace(spent, calls=0 if is_known else 1))

    def forget_under_way(self) -> None:
        """In a forked child: they are the parent's calls."""
        self._under_way.clear()

    def add(self, spent: Spent) -> None:
        self._since.add(spent)
        self._since_asked.add(spent)

    def total(self) -> Spent:
        sum_ = Spent(calls=len(self._under_way))
        sum_.add(self.known)
        sum_.add(self._since)
        return sum_

    def asked(self) -> None:
        """From here on calls may be missing in the answer that will come."""
        self._since_asked = Spent()
        self._asked_ns = monotonic_ns()

    def answered(self, known: Spent) -> None:
        self._under_way = {
            call: began
            for call, began in self._under_way.items()
            if self._asked_ns - began < self._told_after_s * _SECOND_NS
        }
        self.known, self._since = known, self._since_asked
        self._since_asked = Spent()
        self._since_asked.add(self._since)


class Remote:
    """One budget of the collector's: what was told of it last, and its account; arguments as for that."""

    def __init__(self, told_after_s: float = math.inf) -> None:
        self.account = RemoteAccount(told_after_s)
        self.told: Told | None = None

    def holds_for(self, model: str, here: Mapping[str, str]) -> bool:
        """Whether a call of ``model`` is one that the budget is about, as far as this process can tell."""
        if self.told is None:
            return False
        given = context_attributes()
        known = {**here, "model": model, **{key: given.get(name) for key, name in _CONTEXT.items()}}
        wanted = dict(self.told.filter)
        tag = wanted.pop("tag", None)
        has_tag = tag is None or tag in given.get(semconv.TAGS, ())
        return has_tag and all(known.get(key) == value for key, value in wanted.items())

    def is_about(self, model: str) -> bool:
        return self.told is None or not model or self.told.filter.get("model", model) == model

    def terms(self, name: str, unheld: str | None, rule: Rule | None = None) -> Terms:
        """As they hold now; without limits where ``unheld`` says why they cannot be known."""
        told = self.told
        if told is None or unheld:
            return Terms(name, Limits(), self.account, "", unheld=unheld)
        return Terms(
            name,
            told.limits,
            self.account,
            told.window,
            on_exceed=told.on_exceed if rule is None or rule.on_exceed is None else rule.on_exceed,
            route=rule.route if rule is not None and rule.route else told.route,
        )
