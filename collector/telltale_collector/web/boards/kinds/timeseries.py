"""Numbers over time: a chart, its legend, and the same as a table, from which pointers are told what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from zlib import crc32

from telltale_collector.store.panels import Answer
from telltale_collector.web.boards import plot
from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.boards.units import exactly, shown, shown_on_axis
from telltale_collector.web.chart import Frame, frame, values_of
from telltale_collector.web.format import exact_time
from telltale_dashboards.panel import Panel

POINTS: Final = 120
_TONES: Final = 10
_MEANT: Final = {"likes": "good", "hits": "good", "dislikes": "bad", "failed": "bad"}
_REST: Final = {"other", "none", "unknown"}
_ONE_EACH: Final = "/ {interval_s:UInt32}"
"""What is divided by a step's seconds was counted: nothing counted is 0, not unknown."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line, or a layer of bars.

    Attributes:
        tone: names its colour.
        shape: as it is drawn; None for one that is hidden while another is looked at alone.
        value: its sum or its last value, as text; ``title`` has both.
        url: the board with this one alone, or with all again.
        filters: of the list of traces, as the query of an address.
        is_alone: the others are hidden.
    """

    name: str
    tone: str
    shape: plot.Shape | None
    value: str
    title: str
    url: str
    filters: str
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A point of time.

    Attributes:
        at: its place.
        url: the traces of its time.
        texts: the value of each series that is drawn.
        filters: more filters for the traces of such a value, as the query of an address.
    """

    at: int
    when: str
    url: str
    texts: list[str]
    filters: list[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart.

    Attributes:
        series: in the order of their names; drawn ones have a shape.
        steps: those with a value.
        adds_up: the legend has sums; else last values.
        start_ms, step_ms, count: of the time axis.
        summary: what it shows, in words.
    """

    series: list[Series]
    field: plot.Field
    steps: list[Step]
    is_stacked: bool
    adds_up: bool
    start_ms: int
    step_ms: int
    count: int
    summary: str

    @property
    def drawn(self) -> list[Series]:
        return [each for each in self.series if each.shape]


@dataclass(frozen=True, slots=True)
class _Values:
    name: str
    column: str
    values: list[float | None]

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]


def _draw(question: Question) -> Chart | None:
    asked, panel = question.asked, question.panel
    step_s = asked.step_s(POINTS)
    given = frame(asked.from_time, asked.to_time, step_s, asked.now_ns)
    found = _series(panel, question.run(panel.sql, step_s), given)
    if not any(each.known for each in found):
        return None
    only = question.own("only")
    shown_ones = [each for each in found if each.name == only] or found
    unit = panel.unit
    draw = plot.stacks if panel.stacked else plot.lines
    field = draw(given, [each.values for each in shown_ones], panel.thresholds, partial(shown_on_axis, unit=unit))
    shapes = dict(zip((each.name for each in shown_ones), field.shapes, strict=True))
    adds_up = panel.stacked and unit in {"short", "currencyUSD"}
    return Chart(
        series=[
            _described(question, each, tone, shapes.get(each.name), adds_up=adds_up)
            for each, tone in zip(found, _tones(panel, [each.name for each in found]), strict=True)
        ],
        field=field,
        steps=_steps(question, given, shown_ones),
        is_stacked=panel.stacked,
        adds_up=adds_up,
        start_ms=given.start // 1_000_000,
        step_ms=step_s * 1000,
        count=given.count,
        summary=_summary(panel, shown_ones),
    )


def _series(panel: Panel, answer: Answer, given: Frame) -> list[_Values]:
    """By name: the values of a text column, or the number columns as they are selected."""
    points: dict[str, dict[int, float | None]] = {}
    numbers = answer.numbers
    if not panel.by:
        points = {name: {} for name in numbers}
    for row in answer.rows:
        for number in numbers:
            name = str(row[panel.by] or "none") if panel.by else number
            points.setdefault(name, {})[row["time"]] = _number(row[number])
    is_amount = panel.stacked or _ONE_EACH in panel.sql
    names = sorted(points, key=lambda name: (name in _REST, name)) if panel.by else list(points)
    found = [
        _Values(name, numbers[0] if panel.by else name, values_of(given, points[name], is_amount=is_amount))
        for name in names
    ]
    return [each for each in found if each.known or not panel.by]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _tones(panel: Panel, names: Sequence[str]) -> list[str]:
    """A colour for each name, the same on most panels; what has a meaning has its colour, what is left over is grey."""
    taken: dict[int, str] = {}
    tones = []
    for at, name in enumerate(names):
        if name in _REST:
            tones.append("rest")
        elif name in _MEANT:
            tones.append(_MEANT[name])
        else:
            first = crc32(name.encode(errors="replace")) if panel.by else at
            tone = next((each for each in range(first, first + _TONES) if each % _TONES not in taken), first) % _TONES
            taken[tone] = name
            tones.append(str(tone))
    return tones


def _described(question: Question, series: _Values, tone: str, shape: plot.Shape | None, *, adds_up: bool) -> Series:
    unit, known = question.panel.unit, series.known
    total, last = sum(known), known[-1] if known else None
    is_alone = question.own("only") == series.name
    filters = question.filters().meaning(question.panel.by, series.name) if question.panel.by else {}
    told = [f"last {shown(last, unit)}", f"most {shown(max(known, default=None), unit)}"]
    return Series(
        name=series.name,
        tone=tone,
        shape=shape,
        value=shown(total if adds_up else last, unit),
        title=", ".join([f"total {exactly(total, unit)}"] * adds_up + told),
        url=question.own_url("only", "" if is_alone else series.name),
        filters=urlencode(filters),
        is_alone=is_alone,
    )


def _steps(question: Question, given: Frame, series: Sequence[_Values]) -> list[Step]:
    filters, unit = question.filters(), question.panel.unit
    return [
        Step(
            at,
            exact_time(given.time(at))[:16],
            filters.url(given.time(at), given.time(at + 1), {}),
            [shown(each.values[at], unit) for each in series],
            [urlencode(filters.slowness(each.column, each.values[at])) for each in series],
        )
        for at in range(given.count)
        if any(each.values[at] is not None for each in series)
    ]


def _summary(panel: Panel, series: Sequence[_Values]) -> str:
    told = [
        f"{each.name} last {shown(each.known[-1], panel.unit)}, most {shown(max(each.known), panel.unit)}"
        for each in series
        if each.known
    ]
    more = f"; and {len(told) - 4} more" if len(told) > 4 else ""
    return f"{panel.title} over time: {'; '.join(told[:4])}{more}"


KIND = Kind("timeseries", "_panel_timeseries.html", _draw)
