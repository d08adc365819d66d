"""How a rule's numbers read in a message, by the units of panels."""

from __future__ import annotations

from telltale_dashboards.panel import Unit
from telltale_dashboards.rule import Rule

_STEPS_S = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_YEAR_S = 365 * 86_400
_SECONDS = {"s": 1.0, "ms": 1e-3, "ns": 1e-9}


def figure(value: float, unit: Unit) -> str:
    """``$12.40``, ``34 %``, ``830 ms``, ``2.5 h``, ``14.4``."""
    if unit == "currencyUSD":
        return _usd(value)
    if unit == "percentunit":
        return f"{_digits(value * 100)} %"
    if unit in _SECONDS:
        return period(value * _SECONDS[unit])
    return f"{_digits(value)}/s" if unit == "cps" else _digits(value)


def period(seconds: float) -> str:
    """A time as people say it: ``830 ms``, ``42 s``, ``2.5 h``, ``3 d``."""
    for step, name in _STEPS_S:
        if abs(seconds) >= step:
            return f"{_digits(seconds / step)} {name}"
    return f"{_digits(seconds * 1000)} ms" if 0 < abs(seconds) < 1 else f"{_digits(seconds)} s"


def window(rule: Rule) -> str:
    """How far back a rule looks: ``1 h``; a budget's own window where that is what it is about."""
    return "its budget's window" if rule.budget and rule.window_s >= _YEAR_S else period(rule.window_s)


def _usd(value: float) -> str:
    sign, size = "-" if value < 0 else "", abs(value)
    return f"{sign}${size:,.2f}" if size >= 1 or size == 0 else f"{sign}${size:.3g}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
