"""What could not be stored, and why."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import SetAside, TimeNs

_LETTERS: Final = 100


@dataclass(frozen=True, slots=True)
class DeadLettersPage:
    """The dead letters.

    Attributes:
        letters: one page of them, newest first.
        count: how many there are in all.
        older_url: the page of older ones; None on the last.
        retry_url: where a POST carries them again.
        now_ns: the clock that relative times count from.
    """

    letters: list[SetAside]
    count: int
    older_url: str | None
    retry_url: str
    now_ns: TimeNs


async def _build(request: Request) -> DeadLettersPage:
    kept = request.app.state.dead_letters
    cursor = request.query_params.get("cursor") or None
    letters, next_cursor = await run_in_threadpool(kept.page, PROJECT, limit=_LETTERS, cursor=cursor)
    return DeadLettersPage(
        letters=letters,
        count=await run_in_threadpool(kept.count, PROJECT),
        older_url=urls.dead_letters({"cursor": next_cursor}) if next_cursor else None,
        retry_url=f"{str(request.base_url).rstrip('/')}{urls.DEAD_LETTERS_RETRY}",
        now_ns=time.time_ns(),
    )


PAGE = Page(path="/dead-letters", template="dead_letters.html", context=DeadLettersPage, build=_build)
