"""One instrument as the metrics page shows it: which of its measures, by which attribute, as lines and as totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.model import MetricStep
from telltale_collector.web.chart import Frame, Line, values_of
from telltale_collector.web.quantity import is_duration, quantity, words

if TYPE_CHECKING:
    from telltale_collector.model import Instrument

BY_DIRECTION: Final = "gen_ai.token.type"
"""Input and output tokens are two things: an instrument that has both is divided by it at first."""

MOST_LINES: Final = 8
TOGETHER: Final = "all"
PERCENTILES: Final = "percentiles"
_PER_MINUTE: Final = 60
_RATES: Final = {"rate", "count_rate", "sum_rate"}
_PERCENTILES: Final = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose, what it is called, and whether it is chosen."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Total:
    """One group over the whole range: its name, its colour (None: not drawn), and its numbers as text."""

    name: str
    tone: int | None
    numbers: list[str]


def shows(instrument: Instrument, *, is_grouped: bool) -> dict[str, str]:
    """What can be shown of an instrument: value to label, the usual one first."""
    unit = "" if is_duration(instrument.unit) else words(instrument.unit)
    in_unit = f"{unit[:1].upper()}{unit[1:]} per minute" if unit else "Sum per minute"
    if instrument.is_level:
        return {"value": "Value"}
    if instrument.type == "sum":
        return {"rate": in_unit if unit else "Per minute"}
    rates = {"count_rate": "Measurements per minute", "sum_rate": in_unit, "mean": "Mean"}
    if not instrument.has_buckets:
        return rates
    single = {"p95": "p95", "p50": "p50 (median)", "p99": "p99"}
    percentiles = single if is_grouped else {PERCENTILES: "p50, p95, p99", **single}
    if BY_DIRECTION in instrument.group_keys:
        return {"sum_rate": rates["sum_rate"], **percentiles, **rates}
    return {**percentiles, **rates}


def usual_key(instrument: Instrument) -> str | None:
    """The attribute that an instrument is divided by at first."""
    return BY_DIRECTION if BY_DIRECTION in instrument.group_keys else None


def writer(instrument: Instrument, show: str) -> Callable[[float], str]:
    """How values of ``show`` are written where a pointer rests. Rates are per minute."""
    unit = unit_of(instrument, show)
    return lambda value: quantity(value, unit) + ("/min" if show in _RATES else "")


def unit_of(instrument: Instrument, show: str) -> str:
    """The unit of what is shown, its time apart."""
    return "" if show == "count_rate" else instrument.unit


def lines(given: Frame, steps: Sequence[MetricStep], show: str, names: Sequence[str]) -> list[Line]:
    """The lines of the groups in ``names``, in that order; of percentiles, three of them."""
    drawn = []
    for tone, name in enumerate(names):
        own = [step for step in steps if group_name(step) == name]
        if show == PERCENTILES:
            drawn += [
                Line(share, tone, _values(given, own, share)) for tone, share in enumerate(reversed(_PERCENTILES))
            ]
        else:
            drawn.append(Line(name, tone, _values(given, own, show)))
    return drawn


def _values(given: Frame, steps: Sequence[MetricStep], field: str) -> list[float | None]:
    factor = _PER_MINUTE if field in _RATES else 1
    found = {step.time: getattr(step, field) for step in steps if step.time is not None}
    scaled = {time: None if value is None else value * factor for time, value in found.items()}
    return values_of(given, scaled, is_amount=field in _RATES)


def group_name(step: MetricStep) -> str:
    """The values of a group as one text."""
    return " · ".join(value or "not said" for value in step.group.values()) or TOGETHER


def largest_first(totals: Sequence[MetricStep]) -> list[MetricStep]:
    """Groups by what they add up to."""

    def size(step: MetricStep) -> float:
        given = (step.sum if step.sum_rate is not None else None, step.increase, step.value, step.count)
        return next((abs(float(value)) for value in given if value is not None), 0.0)

    return sorted(totals, key=lambda step: (-size(step), group_name(step)))


def heads(instrument: Instrument) -> list[str]:
    """The columns of the totals."""
    if instrument.is_level:
        return ["Last"]
    if instrument.type == "sum":
        return ["Total", "Per minute"]
    return ["Count", "Sum", "Mean", *(_PERCENTILES if instrument.has_buckets else ())]


def total(step: MetricStep, instrument: Instrument, tone: int | None) -> Total:
    unit = instrument.unit
    if instrument.is_level:
        numbers = [quantity(step.value, unit)]
    elif instrument.type == "sum":
        numbers = [quantity(step.increase, unit), quantity((step.rate or 0.0) * _PER_MINUTE, unit)]
    else:
        shown = (step.sum, step.mean, *((step.p50, step.p95, step.p99) if instrument.has_buckets else ()))
        numbers = [quantity(step.count, ""), *(quantity(value, unit) for value in shown)]
    return Total(group_name(step), tone, numbers)
