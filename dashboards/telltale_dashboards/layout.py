"""Where panels stand on Grafana's grid of 24 columns: in reading order, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from telltale_dashboards.panel import Board, Kind, Panel

COLUMNS = 24
_WIDTHS: dict[Kind, int] = {"stat": 4, "timeseries": 8, "bar": 12, "heatmap": 12}
_HEIGHTS: dict[Kind, int] = {"stat": 4, "timeseries": 8, "bar": 9, "heatmap": 8, "traces": 16, "nodegraph": 12}
_TABLE_HEIGHT = 9


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the grid, and the heading or panel that stands there."""

    x: int
    y: int
    width: int
    height: int
    holds: Panel | str


def places(board: Board) -> Iterator[Place]:
    """Headings and panels with their places; a line is as high as its highest panel."""
    y = 0
    for row in board.rows:
        yield Place(0, y, COLUMNS, 1, row.title)
        y += 1
        x = line = 0
        for panel in row.panels:
            width = panel.width or _WIDTHS.get(panel.kind, COLUMNS)
            if x + width > COLUMNS:
                x, y, line = 0, y + line, 0
            height = _HEIGHTS.get(panel.kind, _TABLE_HEIGHT)
            yield Place(x, y, width, height, panel)
            x, line = x + width, max(line, height)
        y += line


def panel_id(title: str) -> int:
    """The number by which links name a panel: of its title, so that it stays while others come and go."""
    return crc32(title.encode()) % 1_000_000 + 1
