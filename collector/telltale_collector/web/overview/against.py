"""A figure against the one of the period before, in words: which way, how far, and whether that is good."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from telltale_collector.web import format as formats

if TYPE_CHECKING:
    from collections.abc import Callable

    Value = int | float | Decimal

_ABOUT_THE_SAME: Final = 0.005
_MANY_TIMES: Final = 3
_UP, _DOWN = "▲", "▼"


@dataclass(frozen=True, slots=True)
class Against:
    """A change. ``tone``: ``good``, ``bad`` or empty; ``was``: the figure before, empty where there was none."""

    arrow: str
    text: str
    tone: str
    was: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What a figure is: the words for more and for less of it, and how it is written."""

    more: str
    less: str
    write: Callable[[Value], str]


AMOUNT: Final = Measure("more", "fewer", lambda value: formats.count(int(value)))
MONEY: Final = Measure("more", "less", lambda value: formats.usd(Decimal(value)))
TIME: Final = Measure("slower", "faster", lambda value: formats.duration(int(value)))


def against(now: Value | None, before: Value | None, measure: Measure, *, is_bad: bool | None) -> Against:
    """``is_bad``: whether more is bad; None: neither more nor less is."""
    if before is None:
        return Against("", "" if now is None else "not known before", "", "")
    was = measure.write(before)
    if now is None:
        return Against("", "not known now", "", was)
    if now == before:
        return Against("", "as before" if now else "none before either", "", was if now else "")
    is_more = now > before
    arrow, word = (_UP, measure.more) if is_more else (_DOWN, measure.less)
    tone = "" if is_bad is None else "bad" if is_more == is_bad else "good"
    if before == 0:
        return Against(arrow, "none before", tone, "")
    ratio = float(now) / float(before)
    if abs(ratio - 1) < _ABOUT_THE_SAME:
        return Against("", "about as before", "", was)
    if ratio >= _MANY_TIMES:
        text = f"{formats.decimal(float(f'{ratio:.2g}'))} times" + (" as slow" if measure is TIME else "")
    else:
        text = f"{abs(ratio - 1) * 100:.0f} % {word}"
    return Against(arrow, text, tone, was)


def share_against(now: tuple[int, int], before: tuple[int, int]) -> Against:
    """Failed calls as a share of all calls, against that share before: (failed, all)."""
    if not before[1] or not now[1]:
        return Against("", "no calls before" if now[1] else "", "", "")
    share, share_before = now[0] / now[1] * 100, before[0] / before[1] * 100
    was = f"{share_before:.2g} %"
    points = share - share_before
    if share == share_before:
        return Against("", "as before" if share else "none before either", "", was if share else "")
    if abs(points) < _ABOUT_THE_SAME * share_before:
        return Against("", "about as before", "", was)
    arrow, word, tone = (_UP, "more", "bad") if points > 0 else (_DOWN, "fewer", "good")
    return Against(arrow, f"{abs(points):.2g} points {word}", tone, was if share_before else "none")
