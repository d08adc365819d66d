"""What changed: the models, prompts, users and services whose cost or errors moved most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from telltale_collector.web import format as formats
from telltale_collector.web import urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telltale_collector.store.overview import Change
    from telltale_collector.web.overview.asked import Asked

_TITLES: Final = {"model": "Models", "prompt": "Prompts", "user": "Users", "service": "Services"}
_OF_EACH: Final = 3
_MOST: Final = 6
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moved:
    """A change in words: ``text`` with its sign, ``tone`` (``good``, ``bad``, empty), ``title`` both sides."""

    text: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Mover:
    """One that changed. ``url``: traces with its calls, ``errors_url``: with those that failed, if any did."""

    name: str
    state: str
    cost: Moved
    errors: Moved
    url: str
    errors_url: str
    has_errors: bool


@dataclass(frozen=True, slots=True)
class Movers:
    """The movers of one sort; ``title`` names it."""

    name: str
    title: str
    movers: list[Mover]


def movers(asked: Asked, changed: Mapping[str, list[Change]]) -> list[Movers]:
    """Those that moved, by sort; sorts of which none did are left out."""
    found = [Movers(name, title, _most(asked, changed[name])) for name, title in _TITLES.items()]
    return [each for each in found if each.movers]


def _most(asked: Asked, changed: list[Change]) -> list[Mover]:
    """Those of the largest change of cost, then those of errors that are not among them."""
    by_cost = sorted((each for each in changed if each.usd), key=lambda each: abs(each.usd or _ZERO), reverse=True)
    by_errors = sorted((each for each in changed if each.errors), key=lambda each: abs(each.errors), reverse=True)
    unpriced = [each for each in changed if each.usd is None and each.now.calls != each.before.calls]
    return [
        _mover(asked, each)
        for each in _once([*by_cost[:_OF_EACH], *by_errors[:_OF_EACH], *unpriced[:_OF_EACH]])[:_MOST]
    ]


def _once(changed: Iterable[Change]) -> list[Change]:
    return list({tuple(each.keys.items()): each for each in changed}.values())


def _mover(asked: Asked, change: Change) -> Mover:
    state = "new" if not change.before.calls else "gone" if not change.now.calls else ""
    return Mover(
        name=" ".join(change.keys.values()),
        state=state,
        cost=_cost(change),
        errors=_errors(change),
        url=urls.traces({"from": asked.since, "has": "call", **change.keys}),
        has_errors=change.now.errors > 0,
        errors_url=urls.traces({"from": asked.since, "has": "failed_call", **change.keys}),
    )


def _cost(change: Change) -> Moved:
    sides = " → ".join(formats.cost(side.known_usd, side.unpriced_calls) for side in (change.before, change.now))
    unpriced = change.now.unpriced_calls
    title = f"{sides}, {formats.whole(unpriced)} calls unpriced" if unpriced else sides
    if change.usd is None:
        return Moved("unpriced", "doubt", title)
    return Moved(_signed(change.usd), "" if not change.usd else "bad" if change.usd > 0 else "good", title)


def _errors(change: Change) -> Moved:
    title = f"{formats.whole(change.before.errors)} → {formats.whole(change.now.errors)}"
    if not change.errors:
        return Moved("0" if change.now.errors == 0 else f"±0 of {formats.count(change.now.errors)}", "", title)
    sign = "+" if change.errors > 0 else "\N{MINUS SIGN}"
    return Moved(f"{sign}{formats.count(abs(change.errors))}", "bad" if change.errors > 0 else "good", title)


def _signed(amount: Decimal) -> str:
    if not amount:
        return "$0"
    return f"{'+' if amount > 0 else chr(0x2212)}{formats.usd(abs(amount))}"
