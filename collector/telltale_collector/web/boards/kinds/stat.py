"""Numbers to see at a glance, judged by colour and by a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.boards.units import Number, exactly, shown
from telltale_dashboards.panel import Panel

_WORDS: Final = {"good": "ok", "warning": "high", "bad": "too high"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: the column's, or "" where it is the only one.
        level: good, warning, bad, or "" where nothing is expected of it.
        word: the same as a word.
        limits: from when on it is what.
    """

    name: str
    text: str
    exact: str
    level: str
    word: str
    limits: str


@dataclass(frozen=True, slots=True)
class Stat:
    """The numbers of a panel, and where they lead; ``url`` is "" where the list of traces has no filter for them."""

    figures: list[Figure]
    url: str


def _draw(question: Question) -> Stat | None:
    answer = question.run(question.panel.sql)
    row = answer.rows[0] if answer.rows else {}
    names = [name for name in answer.numbers if row.get(name) is not None]
    if not names:
        return None
    figures = [_figure(question, name if len(answer.numbers) > 1 else "", name, row[name]) for name in names]
    leads = any(row[name] for name in names) and question.filters().conditions
    return Stat(figures, question.range_url({}) if leads else "")


def _figure(question: Question, name: str, column: str, value: Any) -> Figure:
    panel, unit = question.panel, question.unit(column)
    level = level_of(panel, value)
    limits = ", ".join(f"{_WORDS[each.level]} from {shown(each.value, unit)}" for each in panel.thresholds)
    return Figure(name, shown(value, unit), exactly(value, unit), level, _WORDS.get(level, ""), limits)


def level_of(panel: Panel, value: Number) -> str:
    """What a panel's thresholds say of a value; "" where it has none."""
    reached = [threshold.level for threshold in panel.thresholds if value >= threshold.value]
    return (reached[-1] if reached else "good") if panel.thresholds else ""


KIND = Kind("stat", "_panel_stat.html", _draw)
