"""One session: the conversation as it happened, and where it went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.errors import BadRequest
from telltale_collector.store.sessions import FirstWrong, Session, SessionTurn, conversation
from telltale_collector.web import urls
from telltale_collector.web.failures import StillArriving
from telltale_collector.web.page import PROJECT, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from telltale_collector.model import TimeNs

_PART: Final = 100
_MOST: Final = 10**9


@dataclass(frozen=True, slots=True)
class Wrong:
    """A way to go wrong, and the first turn that did."""

    what: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A conversation.

    Attributes:
        session: its sums.
        turns: a part of its turns.
        wrong: where it first went wrong, in each way that it did.
        part: how many turns one page shows.
        earlier_url: the part before this one, ``later_url`` the one after; None where there is none.
        now_ns: the clock that relative times count from.
    """

    session: Session
    turns: list[SessionTurn]
    wrong: list[Wrong]
    part: int
    earlier_url: str | None
    later_url: str | None
    now_ns: TimeNs


async def _build(request: Request) -> SessionPage:
    return await run_in_threadpool(_read, request, time.time_ns())


def _read(request: Request, now_ns: TimeNs) -> SessionPage:
    session_id = request.path_params["session_id"]
    first = _first_number(request.query_params.get("turn", ""))
    found = conversation(request.app.state.reader, PROJECT, session_id, first_number=first, limit=_PART)
    if found is None:
        raise StillArriving(
            f"there is no session {session_id[:120]}",
            "its spans may still be on their way; applications send them every few seconds",
        )
    return SessionPage(
        session=found.session,
        turns=found.turns,
        wrong=list(_wrong(session_id, found.first_wrong, range(first, first + len(found.turns)))),
        part=_PART,
        earlier_url=urls.session(session_id, max(1, first - _PART)) if first > 1 else None,
        later_url=urls.session(session_id, found.next_turn) if found.next_turn else None,
        now_ns=now_ns,
    )


def _first_number(text: str) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= _MOST:
        raise BadRequest(f"turn is not a number of a turn: {text[:40]!r}", "the first is turn=1")
    return int(text[:12])


def _wrong(session_id: str, first: FirstWrong, shown: range) -> Iterator[Wrong]:
    for what, number in (
        ("failed", first.failed),
        ("blocked", first.blocked),
        ("cut off", first.cut),
        ("disliked", first.disliked),
    ):
        if number is not None:
            page = "" if number in shown else urls.session(session_id, (number - 1) // _PART * _PART + 1)
            yield Wrong(what, number, f"{page}#turn-{number}")


PAGE = Page(path="/sessions/{session_id:path}", template="session.html", context=SessionPage, build=_build)
