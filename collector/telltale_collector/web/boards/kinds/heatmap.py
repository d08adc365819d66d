"""How many of what size, over time: darker cells hold more."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from telltale_collector.store.panels import Answer
from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.boards.units import shown, shown_on_axis
from telltale_collector.web.chart import SIZE, Frame, Tick, frame, times_of
from telltale_collector.web.format import exact_time

POINTS: Final = 60
_MOST_LABELS: Final = 7
_FAINTEST: Final = 0.12


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A rectangle of the field; ``strength`` from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    strength: float
    title: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A point of time as a line of the table."""

    at: int
    when: str
    url: str
    texts: list[str]
    filters: list[str]


@dataclass(frozen=True, slots=True)
class Heat:
    """The field, its axes, and the same as a table, whose columns are ``bands``, lowest first."""

    cells: list[HeatCell]
    bands: list[str]
    up: list[Tick]
    across: list[Tick]
    steps: list[Slice]
    start_ms: int
    step_ms: int
    count: int
    summary: str


def _draw(question: Question) -> Heat | None:
    asked, panel = question.asked, question.panel
    step_s = asked.step_s(POINTS)
    given = frame(asked.from_time, asked.to_time, step_s, asked.now_ns)
    answer = question.run(panel.sql, step_s)
    counts, bounds = _counts(question, answer, given) if answer.rows else ({}, [])
    if not counts:
        return None
    bands = [f"up to {shown(float(bound), panel.unit)}" for bound in bounds]
    most = max(counts.values())
    width, height = SIZE / given.count, SIZE / len(bounds)
    cells = [
        HeatCell(
            x=round(at * width, 2),
            y=round(SIZE - (bounds.index(bound) + 1) * height, 2),
            width=round(width, 2),
            height=round(height, 2),
            strength=round(_FAINTEST + (1 - _FAINTEST) * sqrt(count / most), 3),
            title=f"{exact_time(given.time(at))[:16]}, {bands[bounds.index(bound)]}: {count:,.0f}",
        )
        for (at, bound), count in counts.items()
    ]
    return Heat(
        cells=cells,
        bands=bands,
        up=_labels(question, bounds),
        across=times_of(given),
        steps=_slices(question, given, counts, bounds),
        start_ms=given.start // 1_000_000,
        step_ms=step_s * 1000,
        count=given.count,
        summary=f"{panel.title} over time, in {len(bands)} bands {bands[0]} and more; most in one: {most:,.0f}",
    )


def _counts(question: Question, answer: Answer, given: Frame) -> tuple[dict[tuple[int, str], float], list[str]]:
    """Counts by step and band, and all bands between the lowest and the highest that are known, lowest first."""
    (number,) = answer.numbers
    counts: dict[tuple[int, str], float] = {}
    for row in answer.rows:
        at = given.place(row["time"])
        if 0 <= at < given.count and row[number]:
            counts[at, row[question.panel.by]] = float(row[number])
    return counts, sorted({bound for _, bound in counts}, key=float)


def _labels(question: Question, bounds: list[str]) -> list[Tick]:
    """Upper bounds at the upper edges of their bands, no more than fit."""
    every = -(-len(bounds) // _MOST_LABELS)
    return [
        Tick(round(100 - (at + 1) / len(bounds) * 100, 2), shown_on_axis(float(bound), question.panel.unit))
        for at, bound in enumerate(bounds)
        if (len(bounds) - 1 - at) % every == 0
    ]


def _slices(question: Question, given: Frame, counts: dict[tuple[int, str], float], bounds: list[str]) -> list[Slice]:
    filters = question.filters()
    return [
        Slice(
            at,
            exact_time(given.time(at))[:16],
            filters.url(given.time(at), given.time(at + 1), {}),
            [f"{counts.get((at, bound), 0):,.0f}" for bound in bounds],
            [""] * len(bounds),
        )
        for at in sorted({at for at, _ in counts})
    ]


KIND = Kind("heatmap", "_panel_heatmap.html", _draw)
