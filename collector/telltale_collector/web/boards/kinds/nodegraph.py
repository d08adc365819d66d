"""Steps and what began them, as a graph in layers: a step stands right of the one that began it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from telltale_collector.web import urls
from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.format import preview, usd

_MOST: Final = 150
_WIDTH, _HEIGHT = 204, 44
_ACROSS, _DOWN = 248, 54
_MARGIN: Final = 4
_LINE: Final = 27


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its upper left corner, its texts, whether it failed, and where it leads."""

    x: int
    y: int
    title: str
    subtitle: str
    stats: str
    failed: bool
    url: str
    told: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes and the curves between them, in pixels; ``left_out`` boxes more are not drawn."""

    nodes: list[Node]
    edges: list[str]
    width: int
    height: int
    box: tuple[int, int]
    left_out: int
    summary: str


def _draw(question: Question) -> Graph | None:
    panel = question.panel
    rows = question.run(panel.sql).rows
    if not rows:
        return None
    shown = {row["id"]: row for row in rows[:_MOST]}
    edges = [
        (row["source"], row["target"])
        for row in question.run(panel.edges).rows
        if row["source"] in shown and row["target"] in shown
    ]
    places = _places(list(shown), edges)
    trace_id = question.asked.value("trace_id")
    return Graph(
        nodes=[_node(row, places[key], trace_id) for key, row in shown.items()],
        edges=[_curve(places[source], places[target]) for source, target in edges],
        width=max(x for x, _ in places.values()) + _WIDTH + _MARGIN,
        height=max(y for _, y in places.values()) + _HEIGHT + _MARGIN,
        box=(_WIDTH, _HEIGHT),
        left_out=len(rows) - len(shown),
        summary=f"{panel.title}: {len(rows)} steps, {sum(not row['arc__ok'] for row in rows)} of them failed",
    )


def _places(keys: list[str], edges: list[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Upper left corners: a layer further right than what began it, one line for each step that begins none."""
    children: dict[str, list[str]] = {}
    for source, target in edges:
        children.setdefault(source, []).append(target)
    begun = {target for _, target in edges}
    places: dict[str, tuple[int, int]] = {}
    line = 0
    # what runs in a circle has no beginning: it stands behind the rest, from its first step on
    for first in [*(key for key in keys if key not in begun), *keys]:
        waiting = [(first, 0)] if first not in places else []
        while waiting:
            key, layer = waiting.pop()
            if key in places:
                continue
            places[key] = (_MARGIN + layer * _ACROSS, _MARGIN + line * _DOWN)
            below = [child for child in children.get(key, []) if child not in places]
            waiting += [(child, layer + 1) for child in reversed(below)]
            line += not below
    return places


def _node(row: Mapping[str, Any], place: tuple[int, int], trace_id: str) -> Node:
    stats = " · ".join(text for text in (row["mainstat"], _in_short(row["secondarystat"])) if text)
    return Node(
        x=place[0],
        y=place[1],
        title=preview(row["title"], _LINE),
        subtitle=preview(row["subtitle"], max(6, _LINE + 3 - len(stats))),
        stats=stats,
        failed=not row["arc__ok"],
        url=urls.trace(trace_id) + urls.span(row["id"]),
        told=f"{row['title']}, {row['subtitle']}, {stats}",
    )


def _in_short(money: str) -> str:
    """Money that comes as text with all its digits."""
    return usd(Decimal(money[1:])) if money.startswith("$") else money


def _curve(source: tuple[int, int], target: tuple[int, int]) -> str:
    begin, end = (source[0] + _WIDTH, source[1] + _HEIGHT // 2), (target[0], target[1] + _HEIGHT // 2)
    middle = (begin[0] + end[0]) // 2
    return f"M{begin[0]} {begin[1]}C{middle} {begin[1]} {middle} {end[1]} {end[0]} {end[1]}"


KIND = Kind("nodegraph", "_panel_nodegraph.html", _draw)
