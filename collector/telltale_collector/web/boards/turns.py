"""Queries of boards take turns: a board with many panels must not keep the rest of the UI from reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from starlette.requests import Request

_Answer = TypeVar("_Answer")

_AT_ONCE: Final = 2
"""Half of the connections that the store reads with."""


class Turns:
    """A few at once, on threads of the pool; who waits does not block the event loop."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def run(self, work: Callable[[], _Answer], request: Request) -> _Answer | None:
        """What ``work`` gives; None where the reader went away while it waited."""
        async with self._free:
            if await request.is_disconnected():
                return None
            return await run_in_threadpool(work)


def turns_of(request: Request) -> Turns:
    """The application's turns, made when they are first needed."""
    state = request.app.state
    if not hasattr(state, "board_turns"):
        state.board_turns = Turns()
    turns: Turns = state.board_turns
    return turns
