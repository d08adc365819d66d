"""A task that is cancelled in the middle of a stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def cancel_after_first(consume: Callable[[Callable[[], None]], Coroutine[None, None, None]]) -> None:
    """Run ``consume(arrived)`` as a task, and cancel it once it has called ``arrived()``."""
    first = asyncio.Event()
    task = asyncio.create_task(consume(first.set))
    await asyncio.wait_for(first.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
