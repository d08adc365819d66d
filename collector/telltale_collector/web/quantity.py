"""How a measured value reads in its unit. Units are UCUM as OpenTelemetry writes them: ``s``, ``By``, ``{token}``."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from typing import Final

from telltale_collector.web import format as formats

_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000, "h": 3_600_000_000_000}
_MONEY: Final = {"usd", "$", "{usd}", "dollar", "dollars", "{dollar}"}
_NONE: Final = {"", "1"}
_LARGEST: Final = 1e15
_SHORTEST_WORD: Final = 5
_IDLE_ZEROS: Final = re.compile(r"\.0+(?!\d)|(?<=\.\d)0+(?!\d)|(?<=\.\d\d)0+(?!\d)|(?<=\.\d\d\d)0+(?!\d)")


def is_duration(unit: str) -> bool:
    return unit in _NS


def is_money(unit: str) -> bool:
    return unit.lower() in _MONEY


def quantity(value: float | None, unit: str) -> str:
    """``830 ms``, ``$0.0123``, ``12.3k tokens``, ``0.75``; a dash where there is no value."""
    if value is None or not isfinite(value):
        return formats.NOTHING
    if abs(value) >= _LARGEST:
        return f"{value:.3g} {words(unit)}".rstrip()
    if is_duration(unit):
        return formats.duration(round(value * _NS[unit]))
    if is_money(unit):
        return formats.usd(Decimal(repr(round(value, 12))))
    return f"{_number(value)} {words(unit) if abs(value) != 1 else words(unit).removesuffix('s')}".rstrip()


def on_axis(value: float, unit: str) -> str:
    """The same without words and without zeros that say nothing: ``5 s``, ``$0.02``, ``8,000``, ``0``."""
    if value == 0:
        return "0"
    text = quantity(value, unit if is_duration(unit) or is_money(unit) else "")
    return _IDLE_ZEROS.sub("", text) if "min" not in text else text


def words(unit: str) -> str:
    """The unit as people say it: ``tokens`` of ``{token}``, ``By`` as it is, nothing of ``1``."""
    if unit in _NONE:
        return ""
    word = unit.strip("{}")
    return word if len(word) < _SHORTEST_WORD or not word.isalpha() or word.endswith("s") else f"{word}s"


def _number(value: float) -> str:
    if abs(value) >= 1_000:
        return f"-{formats.count(round(-value))}" if value < 0 else formats.count(round(value))
    return f"{value:.3g}"
