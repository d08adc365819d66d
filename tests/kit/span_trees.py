"""Random programs of nested steps: functions, methods, generators, tasks, groups, threads, pools, loops in threads.

Each step is one span, and ends by itself, by an exception, by being cancelled, or by being left half used. A program
knows which parent each of its spans has to have and how each has to end; ``run`` runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import telltale

PLAIN = ("with", "function", "method", "classmethod", "staticmethod", "generator")
ASYNC = ("async with", "coroutine", "async method", "async classmethod", "async staticmethod", "async generator")
LAUNCHES = {
    (False, False): ("call", "thread", "pool"),
    (True, False): ("call", "to_thread", "executor"),
    (True, True): ("await", "task", "group"),
    (False, True): ("loop",),
}
"""How a step starts another, by whether the outer and the inner one are asynchronous."""

DONE, RAISED, CANCELLED = "done", "raised", "cancelled"

_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="span-trees")


class Refused(Exception):
    """What a step raises."""


@dataclass
class Step:
    """One step and what it does.

    Attributes:
        style: what sort of code it is.
        launch: how it is started.
        ending: done, raised or cancelled.
        manner: how a generator is left.
        cancel: set while it runs: cancels the task that runs it.
    """

    style: str
    launch: str
    ending: str
    manner: str
    name: str = ""
    children: list[Step] = field(default_factory=list)
    cancel: Callable[[], object] = lambda: None

    @property
    def is_async(self) -> bool:
        return self.style in ASYNC

    @property
    def is_left(self) -> bool:
        return self.ending == CANCELLED and self.style.endswith("generator")


def program(seed: int) -> Step:
    """The program of a seed: one to about twenty steps, at most five deep."""
    draw = random.Random(seed)
    return _step(draw, "n", outer_is_async=True, depth=0)


def _step(draw: random.Random, name: str, *, outer_is_async: bool, depth: int) -> Step:
    style = draw.choice(PLAIN + ASYNC)
    launch = draw.choice(LAUNCHES[outer_is_async, style in ASYNC])
    can_be_cancelled = style in ASYNC or style == "generator"
    ending = draw.choices((DONE, RAISED, CANCELLED), (6, 2, 2 if can_be_cancelled else 0))[0]
    if launch == "group" and ending == RAISED:
        ending = DONE  # it would cancel its siblings
    step = Step(style, launch, ending, draw.choice(("here", "elsewhere", "dropped")), name)
    many = draw.choices((0, 1, 2, 3), (3, 3, 2, 1) if depth < 4 else (1, 0, 0, 0))[0]
    step.children = [_step(draw, f"{name}.{at}", outer_is_async=step.is_async, depth=depth + 1) for at in range(many)]
    return step


def expected(step: Step, parent: str | None = None) -> dict[str, tuple[str | None, str]]:
    """(parent's name, how it ends) of every span, by name."""
    found = {step.name: (parent, step.ending)}
    if step.style.endswith("generator"):
        found[f"{step.name} used"] = (parent, DONE)
    for child in step.children:
        found |= expected(child, step.name)
    return found


def run(step: Step) -> None:
    asyncio.run(_launch_async(step))


# --- what steps do ------------------------------------------------------------------------------------------


def _body(step: Step) -> None:
    for child in step.children:
        _launch(child)
    if step.ending == RAISED:
        raise Refused(step.name)


async def _async_body(step: Step) -> None:
    await asyncio.sleep(0)
    together = [child for child in step.children if child.launch in {"task", "group"}]
    tasks = [_task_of(child) for child in together if child.launch == "task"]
    async with asyncio.TaskGroup() as group:
        for child in together:
            if child.launch == "group":
                _hold(group.create_task(_used_async(child)), child)
        for child in step.children:
            if child not in together:
                await _launch_async(child)
    await asyncio.gather(*tasks, return_exceptions=True)
    if step.ending == RAISED:
        raise Refused(step.name)
    if step.ending == CANCELLED and not step.is_left:
        step.cancel()
        await asyncio.Event().wait()


# --- how they are started -----------------------------------------------------------------------------------


def _launch(step: Step) -> None:
    with contextlib.suppress(Refused):
        if step.launch == "call":
            _used(step)
        elif step.launch == "pool":
            _pool.submit(contextvars.copy_context().run, _used, step).result(60)
        else:
            work = (lambda: asyncio.run(_launch_async(step))) if step.is_async else (lambda: _quiet(step))
            thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
            thread.start()
            thread.join(60)
            assert not thread.is_alive()


def _quiet(step: Step) -> None:
    with contextlib.suppress(Refused):
        _used(step)


async def _launch_async(step: Step) -> None:
    with contextlib.suppress(Refused):
        if step.launch == "to_thread":
            await asyncio.to_thread(_used, step)
        elif step.launch == "executor":
            copied = contextvars.copy_context()
            await asyncio.get_running_loop().run_in_executor(_pool, copied.run, _used, step)
        elif not step.is_async:
            _used(step)
        elif step.ending == CANCELLED and not step.is_left:
            await _timed_out(step)
        else:
            await _used_async(step)


async def _timed_out(step: Step) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            step.cancel = lambda: limit.reschedule(0)
            await _used_async(step)


def _task_of(step: Step) -> asyncio.Task[None]:
    return _hold(asyncio.create_task(_used_async(step)), step)


def _hold(task: asyncio.Task[None], step: Step) -> asyncio.Task[None]:
    step.cancel = task.cancel
    return task


# --- what sort of code they are -----------------------------------------------------------------------------


def _used(step: Step) -> None:
    if step.style == "with":
        with telltale.span(step.name):
            _body(step)
    elif step.style == "generator":
        _use(step, _generator(step))
    else:
        _callable(step, lambda: _body(step))()


async def _used_async(step: Step) -> None:
    if step.style == "async with":
        async with telltale.span(step.name):
            await _async_body(step)
    elif step.style == "async generator":
        await _use_async(step, _async_generator(step))
    else:
        await _callable(step, lambda: _async_body(step))()


def _callable(step: Step, body: Callable[[], Any]) -> Callable[[], Any]:
    """A function or method of the step's sort."""
    kind = step.style.removeprefix("async ")

    class Owner:
        if step.is_async:

            @telltale.observe(name=step.name)
            async def method(self) -> None:
                await body()

            @telltale.observe(name=step.name)
            @classmethod
            async def of_class(cls) -> None:
                await body()

            @staticmethod
            @telltale.observe(name=step.name)
            async def static() -> None:
                await body()

        else:

            @telltale.observe(name=step.name)
            def method(self) -> None:
                body()

            @telltale.observe(name=step.name)
            @classmethod
            def of_class(cls) -> None:
                body()

            @staticmethod
            @telltale.observe(name=step.name)
            def static() -> None:
                body()

    return {"method": Owner().method, "classmethod": Owner.of_class}.get(kind, Owner.static)


def _generator(step: Step) -> Iterator[int]:
    @telltale.observe(name=step.name)
    def generate() -> Iterator[int]:
        yield 1
        _body(step)
        yield 2
        yield 3

    return generate()


def _async_generator(step: Step) -> AsyncIterator[int]:
    @telltale.observe(name=step.name)
    async def generate() -> AsyncIterator[int]:
        yield 1
        await _async_body(step)
        yield 2
        yield 3

    return generate()


def _use(step: Step, items: Any) -> None:
    assert next(items) == 1
    failure = None
    with telltale.span(f"{step.name} used"):  # not the parent of what the generator does meanwhile
        try:
            assert next(items) == 2
        except Refused as error:
            failure = error
    if failure is not None:
        raise failure
    if not step.is_left:
        assert list(items) == [3]
    elif step.manner == "here":
        items.close()
    elif step.manner == "elsewhere":
        _pool.submit(items.close).result(60)


async def _use_async(step: Step, items: Any) -> None:
    assert await anext(items) == 1
    failure = None
    async with telltale.span(f"{step.name} used"):
        try:
            assert await anext(items) == 2
        except Refused as error:
            failure = error
    if failure is not None:
        raise failure
    if not step.is_left:
        assert [item async for item in items] == [3]
    elif step.manner == "here":
        await items.aclose()
    elif step.manner == "elsewhere":
        await asyncio.create_task(items.aclose())
    # otherwise it is dropped: the loop closes it, in a task of its own
