"""A panel in its frame: what it drew, or that there is nothing, or what failed and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telltale_collector.errors import TelltaleError
from telltale_collector.store.reader import Reader
from telltale_collector.web.boards.asked import Asked
from telltale_collector.web.boards.kind import Kind, Question, all_kinds
from telltale_collector.web.boards.what_fills import what_fills
from telltale_dashboards.panel import Panel


@dataclass(frozen=True, slots=True)
class DrawnPanel:
    """One panel of a page.

    Attributes:
        number: its place in the board, from 0.
        url: it alone, without the address's parameters.
        content: what ``kind.template`` draws; None where there is nothing.
        is_asked: whether it was; else the browser asks for it.
        empty, fills: that there is nothing, and what would fill it.
        failed, hint: what went wrong, and what to do; "" where nothing did.
        took_ns: how long its queries ran; None where that is not known.
    """

    panel: Panel
    number: int
    kind: Kind
    url: str
    content: Any = None
    is_asked: bool = False
    empty: str = ""
    fills: str = ""
    failed: str = ""
    hint: str = ""
    took_ns: int | None = None


def waiting_panel(asked: Asked, number: int, panel: Panel) -> DrawnPanel:
    """The frame alone."""
    return DrawnPanel(panel, number, all_kinds()[panel.kind], asked.panel_url(number))


def drawn_panel(reader: Reader, asked: Asked, number: int, panel: Panel) -> DrawnPanel:
    """The panel, asked and drawn; what fails stays inside its frame."""
    kind, url = all_kinds()[panel.kind], asked.panel_url(number)
    question = Question(reader, asked, panel, number)
    try:
        content = kind.draw(question)
    except TelltaleError as error:
        return DrawnPanel(panel, number, kind, url, is_asked=True, failed=error.message, hint=error.hint)
    return DrawnPanel(
        panel,
        number,
        kind,
        url,
        content,
        is_asked=True,
        empty="Nothing in this time" if asked.has_times else "Nothing here",
        fills="" if content is not None else what_fills(panel, asked),
        took_ns=sum(question.took) if question.took else None,
    )
