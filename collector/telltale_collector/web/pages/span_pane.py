"""The chosen span alone, for choosing another without loading the page again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telltale_collector.web.page import Page
from telltale_collector.web.pages.trace import find_pane, find_trace

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.web.pane import Pane


@dataclass(frozen=True, slots=True)
class SpanPane:
    """The right half of the trace page; ``pane`` is the chosen span."""

    pane: Pane


async def _build(request: Request) -> SpanPane:
    return SpanPane(find_pane(request, await find_trace(request)))


PAGE = Page(path="/fragments/traces/{trace_id}", template="_pane.html", context=SpanPane, build=_build)
