"""One board. Its panels come one by one, as fragments; or all at once, for readers without scripts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from telltale_collector.store.reader import Reader
from telltale_collector.web.boards.asked import REFRESHES, Asked, board_of, read_asked
from telltale_collector.web.boards.controls import Control, control_of
from telltale_collector.web.boards.drawn import DrawnPanel, drawn_panel, waiting_panel
from telltale_collector.web.boards.turns import turns_of
from telltale_collector.web.page import Page
from telltale_collector.web.pages.boards import in_order, short_title
from telltale_dashboards.layout import Place, places

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Placed:
    """A heading, or a panel with its width of 24."""

    width: int
    heading: str
    drawn: DrawnPanel | None


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The page of a board.

    Attributes:
        asked: the board and what of it is looked at.
        title: the board's.
        controls: its variables.
        placed: headings and panels in reading order; none where a text has to be typed first.
        others: all boards by their titles, with their addresses at this time.
        refreshes: how often it can look again, by the value in the address.
        refresh_s: how often it does, in seconds; 0: never.
    """

    asked: Asked
    title: str
    controls: list[Control]
    placed: list[Placed]
    others: list[tuple[str, str]]
    refreshes: dict[str, str]
    refresh_s: int


async def _build(request: Request) -> BoardPage:
    board = board_of(request.path_params["uid"])
    asked = read_asked(board, request.query_params.multi_items(), time.time_ns())
    reader: Reader = request.app.state.reader
    turns = turns_of(request)

    async def control(variable_at: int) -> Control | None:
        return await turns.run(partial(control_of, reader, asked, asked.variables[variable_at]), request)

    async def panel(at: int, place: Place) -> Placed:
        if isinstance(place.holds, str):
            return Placed(place.width, place.holds, None)
        if not asked.is_whole:
            return Placed(place.width, "", waiting_panel(asked, at, place.holds))
        drawn = await turns.run(partial(drawn_panel, reader, asked, at, place.holds), request)
        return Placed(place.width, "", drawn or waiting_panel(asked, at, place.holds))

    controls = await asyncio.gather(*(control(at) for at in range(len(asked.variables))))
    shown = [] if asked.lacks else _numbered(list(places(board)))
    return BoardPage(
        asked=asked,
        title=short_title(board),
        controls=[each for each in controls if each],
        placed=await asyncio.gather(*(panel(at, place) for at, place in shown)),
        others=[(short_title(other), asked.other_board_url(other.uid)) for other in in_order()],
        refreshes=REFRESHES,
        refresh_s={"10s": 10, "1m": 60}.get(asked.refresh, 0),
    )


def _numbered(found: list[Place]) -> list[tuple[int, Place]]:
    """Each place with the number of panels before it."""
    numbered, panels = [], 0
    for place in found:
        numbered.append((panels, place))
        panels += not isinstance(place.holds, str)
    return numbered


PAGE = Page(path="/boards/{uid}", template="board.html", context=BoardPage, build=_build)
