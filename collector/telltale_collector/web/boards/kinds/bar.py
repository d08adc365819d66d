"""Bars, one a text, each of which leads to its traces where the list can be filtered by it."""

from __future__ import annotations

from dataclasses import dataclass

from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.boards.units import exactly, shown


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar's name, its value as text, its length in percent of the longest, and where it leads."""

    name: str
    text: str
    exact: str
    length: float
    url: str


def _draw(question: Question) -> list[Bar] | None:
    answer = question.run(question.panel.sql)
    if not answer.rows:
        return None
    (number,) = answer.numbers
    (label,) = [column for column in answer.columns if column != number]
    rows = [(str(row[label] or "none"), row[number]) for row in answer.rows if row[number] is not None]
    most = max((float(value) for _, value in rows), default=0.0)
    filters, unit = question.filters(), question.unit(number)
    return [
        Bar(
            name,
            shown(value, unit),
            exactly(value, unit),
            round(max(0.0, float(value)) / most * 100, 2) if most > 0 else 0,
            question.range_url(meaning) if (meaning := filters.meaning(label, name)) else "",
        )
        for name, value in rows
    ] or None


KIND = Kind("bar", "_panel_bar.html", _draw)
