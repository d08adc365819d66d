"""Runs programs of nested steps: functions, methods, generators, tasks, groups, threads, pools, loops in threads.

Each step is one span, and ends by itself, by an exception, by being cancelled, or by being left half used.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from drawn_programs import CANCELLED, RAISED, Step

import telltale

_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="span-trees")


class Refused(Exception):
    """What a step raises."""


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
