"""How a value of a panel reads, by the unit that its definition names."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Final

from telltale_collector.web import format as formats
from telltale_collector.web.quantity import on_axis, quantity
from telltale_dashboards.panel import Unit

Number = int | float | Decimal

_PLAIN: Final[dict[Unit, str]] = {"ns": "ns", "ms": "ms", "s": "s", "currencyUSD": "usd"}
"""Units that the rest of the UI knows under these names; the others are written here."""


_PER_SECOND: Final[dict[Unit, float]] = {"ns": 1e9, "ms": 1e3, "s": 1.0}


def shown(value: Number | None, unit: Unit) -> str:
    """``830 ms``, ``$0.0123``, ``4.2 %``, ``12.3k``, ``0.42/s``; a dash where there is no value."""
    if value is None or not isfinite(value):
        return formats.NOTHING
    if unit == "percentunit":
        return f"{_few_digits(float(value) * 100)} %"
    if unit == "cps":
        return f"{_number(value)}/s"
    if unit in _PLAIN:
        return quantity(float(value), _PLAIN[unit])
    return formats.decimal(float(value)) if unit == "none" else _number(value)


def shown_on_axis(value: float, unit: Unit) -> str:
    """The same for round values, without zeros that say nothing."""
    if unit == "percentunit":
        return f"{value * 100:g} %"
    seconds = value / _PER_SECOND.get(unit, 1)
    if unit in _PER_SECOND and seconds >= 60:
        return _long_on_axis(seconds)
    text = on_axis(value, _PLAIN.get(unit, ""))
    return f"{text}/s" if unit == "cps" and value else text


def _long_on_axis(seconds: float) -> str:
    for limit, size, word in ((600, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds / 86_400:,.1f} d"


def exactly(value: Number | None, unit: Unit) -> str:
    """Every digit that is known, to be told beside the short form."""
    if value is None or not isfinite(value):
        return ""
    if unit == "currencyUSD":
        return formats.usd_exact(Decimal(str(value)))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def _number(value: Number) -> str:
    size = abs(float(value))
    if size >= 1_000:
        return f"{'-' if value < 0 else ''}{formats.count(round(size))}"
    return f"{value:,}" if isinstance(value, int) else _few_digits(float(value))


def _few_digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
