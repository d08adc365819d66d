"""One user: sums against the period before, sessions, latest traces."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.sessions import Session, sessions
from telltale_collector.store.users import User, users
from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.ranges import EVER, USUAL
from telltale_collector.web.visits import read_asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from telltale_collector.model import TimeNs, TraceSummary
    from telltale_collector.web.query import Range

_SESSIONS: Final = 20
_TRACES: Final = 20


@dataclass(frozen=True, slots=True)
class UserPage:
    """One user.

    Attributes:
        user_id: as applications call them.
        user: the sums of the period; None where the user did nothing in it.
        sessions: the latest, as far as they are this user's.
        sessions_url: all of them; ``traces_url`` all traces.
        traces: the latest.
        traces_url: all of them.
        ever_url: the page without a time range.
        ranges: to choose from.
        now_ns: the clock that relative times count from.
    """

    user_id: str
    user: User | None
    sessions: list[Session]
    sessions_url: str
    traces: list[TraceSummary]
    traces_url: str
    ever_url: str
    ranges: list[Range]
    now_ns: TimeNs


async def _build(request: Request) -> UserPage:
    return await run_in_threadpool(_read, request, time.time_ns())


def _read(request: Request, now_ns: TimeNs) -> UserPage:
    reader = request.app.state.reader
    user_id = request.path_params["user_id"]
    times = {name: request.query_params.get(name, "") for name in ("from", "to")}
    asked = read_asked({**times, "user_id": user_id}, now_ns, usual=USUAL)
    asked.where.user_id = user_id  # as it is: an id may begin or end with a space
    found = users(reader, PROJECT, asked.where, now_ns=now_ns, order="cost", limit=1).users
    mine = {**asked.times, "user_id": user_id}
    return UserPage(
        user_id=user_id,
        user=found[0] if found else None,
        sessions=sessions(reader, PROJECT, asked.where, limit=_SESSIONS)[0],
        sessions_url=urls.sessions(mine),
        traces=reader.traces(PROJECT, asked.where, limit=_TRACES).traces,
        traces_url=urls.traces(mine),
        ever_url=urls.user(user_id, {"from": EVER}),
        ranges=asked.ranges(lambda params: urls.user(user_id, _times(params))),
        now_ns=now_ns,
    )


def _times(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if name != "user_id"}


PAGE = Page(path="/users/{user_id:path}", template="user.html", context=UserPage, build=_build)
