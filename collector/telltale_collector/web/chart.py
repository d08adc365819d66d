"""A line chart as shapes on a field of 1000 by 1000: what lies where; the template draws it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telltale_collector.model import TimeNs

SIZE: Final = 1000
_S: Final = 1_000_000_000
_MOST_TICKS: Final = 7
_LARGEST: Final = 1e300
"""Values beyond it leave no room for an axis; they are not drawn."""

_SMALLEST: Final = 1e-300
_TICKS_S: Final = (
    *(10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200),
    *(86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000),
)
_ROUND: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Frame:
    """The steps of time that a chart shows: ``count`` of them from ``start``, each ``step_s`` seconds wide.

    ``open_from``: the first step that is not over yet, or ``count``.
    """

    start: TimeNs
    step_s: int
    count: int
    open_from: int

    def time(self, at: int) -> TimeNs:
        return self.start + at * self.step_s * _S

    def place(self, time: TimeNs) -> int:
        return (time - self.start) // (self.step_s * _S)

    def x(self, at: float) -> float:
        """The middle of a step."""
        return round((at + 0.5) / self.count * SIZE, 2)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``values`` by step (None: nothing was measured), in the colour and dash of ``tone``."""

    name: str
    tone: int
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line's paths: over steps that are over, ``still`` into the one that is not, ``dots`` of lone values."""

    line: Line
    path: str
    still: str
    dots: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place in percent, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A step that a pointer can rest on: its place, its width, and what is told there."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn. ``is_empty``: no line has a value."""

    lines: list[Drawn]
    across: list[Tick]
    up: list[Tick]
    slots: list[Slot]
    is_empty: bool


def frame(from_time: TimeNs, to_time: TimeNs, step_s: int, now_ns: TimeNs) -> Frame:
    """The steps that cover a range of time; they begin at multiples of their width."""
    width = step_s * _S
    start = from_time // width * width
    count = max(1, -(-(to_time - start) // width))
    return Frame(start, step_s, count, min(count, (now_ns - start) // width))


def draw(given: Frame, lines: Sequence[Line], show: Callable[[float], str], on_axis: Callable[[float], str]) -> Chart:
    """The chart of ``lines``; ``show`` writes a value, ``on_axis`` the round ones of the axis."""
    known = [value for line in lines for value in line.values if value is not None]
    levels = levels_of(min(known, default=0.0), max(known, default=1.0))
    low, high = levels[0], levels[-1]

    def y(value: float) -> float:
        return round(SIZE - (value - low) / (high - low) * SIZE, 2)

    return Chart(
        lines=[drawn_line(line, given, y) for line in lines],
        across=times_of(given),
        up=[Tick(y(level) * 100 / SIZE, on_axis(level)) for level in levels],
        slots=_slots(given, lines, show),
        is_empty=not known,
    )


def drawn_line(line: Line, given: Frame, y: Callable[[float], float]) -> Drawn:
    """The paths of a line; ``y`` gives the height of a value."""
    path, still, dots = [], [], []
    points = {at: (given.x(at), y(value)) for at, value in enumerate(line.values) if value is not None}
    for at, (x, height) in points.items():
        if at - 1 not in points and at + 1 not in points:
            dots.append(f"M{x} {height}h0")
            continue
        if at - 1 not in points:
            path.append(f"M{x} {height}")
        elif at < given.open_from:
            path.append(f"L{x} {height}")
        else:
            before = points[at - 1]
            still.append(f"M{before[0]} {before[1]}L{x} {height}")
    return Drawn(line, "".join(path), "".join(still), "".join(dots))


def levels_of(lowest: float, highest: float) -> list[float]:
    """Round values that enclose 0 and all that is drawn: four or five of them."""
    low, high = min(0.0, lowest), max(0.0, highest)
    rough = (high - low) / 4
    rough = 0.25 if rough < _SMALLEST else rough
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in _ROUND if size * factor >= rough * 0.999)
    first, last = math.floor(low / step + 0.001), math.ceil(high / step - 0.001)
    return [float(f"{at * step:.6g}") for at in range(first, max(last, first + 1) + 1)]


def times_of(given: Frame) -> list[Tick]:
    """Round times along the axis."""
    span_s = given.step_s * given.count
    every = next((size for size in _TICKS_S if span_s / size <= _MOST_TICKS), _TICKS_S[-1])
    start_s = given.start // _S
    times = range(-(-start_s // every) * every, start_s + span_s, every)
    form = "%H:%M:%S" if every < 60 else "%H:%M" if every < 86_400 else "%b %d"
    marks = [(time, datetime.fromtimestamp(time, UTC)) for time in times]
    new_day = {later[0] for earlier, later in pairwise(marks) if earlier[1].date() != later[1].date()}
    return [
        Tick(round((time - start_s) / span_s * 100, 3), f"{moment:%b %d}" if time in new_day else f"{moment:{form}}")
        for time, moment in marks
    ]


def _slots(given: Frame, lines: Sequence[Line], show: Callable[[float], str]) -> list[Slot]:
    width = round(SIZE / given.count, 3)
    return [
        Slot(round(at * width, 3), width, "\n".join([_moment(given.time(at)), *told]))
        for at in range(given.count)
        if (told := [f"{line.name}: {show(value)}" for line in lines if (value := line.values[at]) is not None])
    ]


def _moment(time: TimeNs) -> str:
    return f"{datetime.fromtimestamp(time // _S, UTC):%b %d, %H:%M:%S} UTC"


def values_of(given: Frame, found: Mapping[TimeNs, float | None], *, is_amount: bool) -> list[float | None]:
    """Values by step. Amounts are 0 where nothing was counted between two steps that were; others are unknown there."""
    values: list[float | None] = [None] * given.count
    for time, value in found.items():
        if 0 <= given.place(time) < given.count and value is not None and abs(value) <= _LARGEST:
            values[given.place(time)] = value
    known = [at for at, value in enumerate(values) if value is not None]
    if is_amount and known:
        for at in range(known[0], known[-1]):
            values[at] = values[at] or 0.0
    return values
