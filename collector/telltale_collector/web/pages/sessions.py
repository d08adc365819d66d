"""Sessions: whole conversations, the latest first, with what went wrong in them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.sessions import Session, sessions
from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.visits import Asked, read_asked

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import Facets, TimeNs
    from telltale_collector.web.query import Range

_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class SessionList:
    """The list of sessions.

    Attributes:
        sessions: one page of them.
        asked: range and filters.
        ranges: to choose from.
        facets: the values to choose from within the time range.
        older_url: the next page; None on the last.
        is_older: this page is not the first.
        now_ns: the clock that relative times count from.
    """

    sessions: list[Session]
    asked: Asked
    ranges: list[Range]
    facets: Facets
    older_url: str | None
    is_older: bool
    now_ns: TimeNs


async def _build(request: Request) -> SessionList:
    return await run_in_threadpool(_read, request, time.time_ns())


def _read(request: Request, now_ns: TimeNs) -> SessionList:
    reader = request.app.state.reader
    asked = read_asked(request.query_params, now_ns)
    cursor = request.query_params.get("cursor") or None
    found, next_cursor = sessions(reader, PROJECT, asked.where, limit=_PAGE_SIZE, cursor=cursor)
    return SessionList(
        sessions=found,
        asked=asked,
        ranges=asked.ranges(urls.sessions),
        facets=reader.facets(PROJECT, asked.where.from_time, asked.where.to_time),
        older_url=urls.sessions({**asked.params, "cursor": next_cursor}) if next_cursor else None,
        is_older=cursor is not None,
        now_ns=now_ns,
    )


PAGE = Page(path="/sessions", template="sessions.html", context=SessionList, build=_build)
