"""The boards to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telltale_collector.web.page import Page
from telltale_dashboards.boards import boards
from telltale_dashboards.panel import Board

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class BoardList:
    """The index.

    Attributes:
        boards: all of them with their titles, what is asked first at the beginning.
    """

    boards: list[tuple[str, Board]]


async def _build(_request: Request) -> BoardList:
    return BoardList([(short_title(board), board) for board in in_order()])


def short_title(board: Board) -> str:
    """Without the product's name, which every page bears already."""
    text = board.title.removeprefix("Telltale ")
    return text[:1].upper() + text[1:]


def in_order() -> list[Board]:
    """Boards over all traces first, by title; the overview leads, and what needs a text typed first ends."""
    return sorted(boards(), key=lambda board: (_needs_text(board), board.uid != "telltale-overview", board.title))


def _needs_text(board: Board) -> bool:
    return any(not variable.sql for variable in board.variables)


PAGE = Page(path="/boards", template="boards.html", context=BoardList, build=_build)
