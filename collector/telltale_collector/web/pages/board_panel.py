"""One panel of a board, asked and drawn: the board's page fetches it with its own parameters."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from telltale_collector.web.boards.asked import board_of, panel_of, read_asked
from telltale_collector.web.boards.drawn import DrawnPanel, drawn_panel, waiting_panel
from telltale_collector.web.boards.turns import turns_of
from telltale_collector.web.page import Page

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class BoardPanel:
    """The panel alone.

    Attributes:
        drawn: in its frame.
    """

    drawn: DrawnPanel


async def _build(request: Request) -> BoardPanel:
    board = board_of(request.path_params["uid"])
    number, panel = panel_of(board, request.path_params["number"])
    asked = read_asked(board, request.query_params.multi_items(), time.time_ns())
    work = partial(drawn_panel, request.app.state.reader, asked, number, panel)
    return BoardPanel(await turns_of(request).run(work, request) or waiting_panel(asked, number, panel))


PAGE = Page(path="/boards/{uid}/panels/{number}", template="board_panel.html", context=BoardPanel, build=_build)
