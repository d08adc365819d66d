"""From the log's thread to the event loop: one wake-up for all requests that one group commit made durable."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future


class DurableWaits:
    """Waits of one event loop for futures that another thread resolves."""

    def __init__(self) -> None:
        self._done: deque[tuple[asyncio.Future[None], BaseException | None]] = deque()
        self._is_waking = False

    async def wait(self, durable: Future[None]) -> None:
        """Until it is resolved; raises what it raises."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        durable.add_done_callback(lambda done: self._ready(loop, waiter, done.exception()))
        await waiter

    def _ready(
        self, loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None], error: BaseException | None
    ) -> None:
        self._done.append((waiter, error))
        if not self._is_waking:
            self._is_waking = True
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._is_waking = False  # before looking: what comes from now on wakes the loop again
        while self._done:
            waiter, error = self._done.popleft()
            if waiter.done():  # the sender went away; its record is kept all the same
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
