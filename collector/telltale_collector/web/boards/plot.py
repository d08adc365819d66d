"""Series over time as shapes on a field of 1000 by 1000, on one time axis: lines, or bars that stand on one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from telltale_collector.web.chart import SIZE, Frame, Line, Tick, drawn_line, levels_of, times_of
from telltale_dashboards.panel import Level, Threshold

_GAP: Final = 0.12
"""Of a bar's width, as long as bars are wide enough to see it."""

_MOST_WITH_GAPS: Final = 200

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """A series as it is drawn.

    Attributes:
        path, still, dots: of steps that are over, of the one that is not, of lone values.
        heights: where each step's value lies, 0 being the top, as a comma-separated text; "" where there is none.
    """

    path: str
    still: str
    dots: str
    heights: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold that lies on the field: its height in percent, 0 being the top, and what is reached there."""

    at: float
    level: Level


@dataclass(frozen=True, slots=True)
class Field:
    """All series of a chart, its axes and thresholds."""

    shapes: list[Shape]
    up: list[Tick]
    across: list[Tick]
    limits: list[Limit]


def lines(
    given: Frame, series: Sequence[Values], limits: Sequence[Threshold], on_axis: Callable[[float], str]
) -> Field:
    """Each series on its own."""
    known = [value for values in series for value in values if value is not None]
    y, up = _scale(known, on_axis)
    shapes = []
    for values in series:
        drawn = drawn_line(Line("", 0, values), given, y)
        shapes.append(
            Shape(drawn.path, drawn.still, drawn.dots, _heights([None if v is None else y(v) for v in values]))
        )
    return Field(shapes, up, times_of(given), _on_field(limits, y))


def stacks(
    given: Frame, series: Sequence[Values], limits: Sequence[Threshold], on_axis: Callable[[float], str]
) -> Field:
    """Each series on top of the one before; what is missing or negative has no height."""
    sums = [0.0] * given.count
    layers: list[tuple[list[float], list[float]]] = []
    for values in series:
        below, sums = sums, [under + max(0.0, value or 0.0) for under, value in zip(sums, values, strict=True)]
        layers.append((below, sums))
    y, up = _scale(sums, on_axis)
    return Field([_bars(given, *layer, y) for layer in layers], up, times_of(given), _on_field(limits, y))


def _bars(given: Frame, below: list[float], above: list[float], y: Callable[[float], float]) -> Shape:
    width = SIZE / given.count
    gap = width * _GAP if given.count <= _MOST_WITH_GAPS else 0
    over: list[str] = []
    still: list[str] = []
    for at, (low, high) in enumerate(zip(below, above, strict=True)):
        if high > low:
            left, right = round(at * width + gap / 2, 2), round((at + 1) * width - gap / 2, 2)
            (over if at < given.open_from else still).append(f"M{left} {y(low)}V{y(high)}H{right}V{y(low)}Z")
    return Shape("".join(over), "".join(still), "", _heights([y(high) for high in above]))


def _scale(known: Sequence[float], on_axis: Callable[[float], str]) -> tuple[Callable[[float], float], list[Tick]]:
    levels = levels_of(min(known, default=0.0), max(known, default=1.0))
    low, high = levels[0], levels[-1]

    def y(value: float) -> float:
        return round(SIZE - (value - low) / (high - low) * SIZE, 1)

    if high >= 1 and all(value.is_integer() for value in known):
        levels = [level for level in levels if level.is_integer()]  # there is no half a call
    return y, [Tick(y(level) * 100 / SIZE, on_axis(level)) for level in levels]


def _on_field(limits: Sequence[Threshold], y: Callable[[float], float]) -> list[Limit]:
    return [Limit(height / 10, limit.level) for limit in limits if 0 <= (height := y(limit.value)) <= SIZE]


def _heights(heights: Sequence[float | None]) -> str:
    return ",".join("" if height is None else f"{height:.0f}" for height in heights)
