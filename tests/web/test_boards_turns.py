"""Queries of boards take turns."""

import asyncio
import threading

from telltale_collector.web.boards.turns import Turns


class Browser:
    """Who asked; ``left``: and went away."""

    def __init__(self, *, left: bool = False) -> None:
        self.left = left

    async def is_disconnected(self) -> bool:
        return self.left


def test_only_so_many_run_at_once_and_all_get_their_answer() -> None:
    running, most = set(), []
    together = threading.Barrier(2, timeout=20)

    def work(number: int) -> int:
        running.add(number)
        together.wait()  # two run at the same time, or this ends in an error
        most.append(len(running))
        running.discard(number)
        return number

    async def ask() -> list[int | None]:
        turns = Turns(at_once=2)
        return await asyncio.gather(*(turns.run(lambda n=number: work(n), Browser()) for number in range(6)))

    assert asyncio.run(ask()) == [0, 1, 2, 3, 4, 5]
    assert max(most) == 2


def test_the_loop_goes_on_while_a_query_runs() -> None:
    released = threading.Event()

    async def ask() -> bool | None:
        waiting = asyncio.create_task(Turns().run(lambda: released.wait(20), Browser()))
        await asyncio.sleep(0)
        released.set()
        return await waiting

    assert asyncio.run(ask()) is True


def test_nothing_is_asked_for_who_has_left() -> None:
    asked = []
    assert asyncio.run(Turns().run(lambda: asked.append(1), Browser(left=True))) is None
    assert asked == []
