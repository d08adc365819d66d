"""Rows and columns, sorted by any of them; values lead to the traces they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.boards.units import exactly, shown
from telltale_collector.web.format import NOTHING, clip, exact_time, iso_time, preview
from telltale_dashboards.panel import Link

_LONG: Final = 160
_LONGEST: Final = 20_000
_ID: Final = 8


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its name in words, the board sorted by it, and how it is sorted now (``ascending``, ...)."""

    text: str
    url: str
    sorted: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A value.

    Attributes:
        text: what stands there.
        title: more of it, told where a pointer rests.
        full: a long text whose beginning ``text`` is.
        url: where it leads, or "".
        board_url: the same on a board.
        iso: of a time.
    """

    text: str
    title: str = ""
    full: str = ""
    url: str = ""
    board_url: str = ""
    iso: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``heads`` and ``rows`` have the same order."""

    heads: list[Head]
    rows: list[list[Cell]]


def _draw(question: Question) -> Table | None:
    answer = question.run(question.panel.sql)
    order = question.own("sort")
    column, falls = order.removeprefix("-"), order.startswith("-")
    rows = answer.rows
    if column in answer.columns:
        rows = _in_order(rows, column, falls=falls)
    links = {link.column: link for link in question.panel.links}
    cells = [
        [_cell(question, answer.times, answer.numbers, links, name, row) for name in answer.columns] for row in rows
    ]
    heads = [_head(question, name, order, is_number=name in answer.numbers) for name in answer.columns]
    return Table(heads, cells) if cells else None


def _in_order(rows: list[dict[str, Any]], column: str, *, falls: bool) -> list[dict[str, Any]]:
    """Rows by a column; those without a value stand last either way."""
    known = [row for row in rows if row[column] is not None]
    return sorted(known, key=lambda row: row[column], reverse=falls) + [row for row in rows if row[column] is None]


def _head(question: Question, name: str, order: str, *, is_number: bool) -> Head:
    """Sorting begins with the largest number, or the first text; again turns it round, and a third time ends it."""
    first, then = (f"-{name}", name) if is_number else (name, f"-{name}")
    following = {"": first, first: then, then: ""}.get(order if order.removeprefix("-") == name else "", first)
    direction = {name: "ascending", f"-{name}": "descending"}.get(order, "")
    return Head(name.replace("_", " "), question.own_url("sort", following), direction, is_number)


def _cell(
    question: Question, times: list[str], numbers: list[str], links: dict[str, Link], name: str, row: dict[str, Any]
) -> Cell:
    value = row[name]
    if name in links and value:
        return _linked(question, links[name], str(value))
    if value is None or value == "":
        return Cell(NOTHING, is_number=name in numbers)
    if name in times:
        return Cell(exact_time(value)[5:19], exact_time(value), iso=iso_time(value))
    if name in numbers:
        unit = question.unit(name)
        return Cell(shown(value, unit), exactly(value, unit), is_number=True)
    meaning = question.filters().meaning(name, value)
    url = question.range_url(meaning) if meaning and question.asked.has_times else ""
    return _text(str(value), url)


def _text(value: str, url: str) -> Cell:
    if len(value) <= _LONG and "\n" not in value:
        return Cell(value, value, url=url)
    return Cell(preview(value, _LONG), full=clip(value, _LONGEST), url=url)


def _linked(question: Question, link: Link, value: str) -> Cell:
    return Cell(
        f"{value[:_ID]}…" if len(value) > 2 * _ID else value,
        value,
        url=link.page.format(value=quote(value, safe="")),
        board_url=question.asked.other_board_url(link.board, {link.variable: value}),
    )


KIND = Kind("table", "_panel_table.html", _draw)
