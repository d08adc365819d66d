from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

import telltale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from telltale.testing import Captured


def test_a_generator_is_one_span_from_first_to_last_item(captured: Captured) -> None:
    @telltale.observe
    def words(n: int) -> Iterator[str]:
        for i in range(n):
            with telltale.span("make"):
                word = f"w{i} "
            yield word

    assert inspect.isgeneratorfunction(words)
    for _ in words(2):
        with telltale.span("use"):
            pass
    span = captured.span("words")
    assert span["attributes"]["telltale.output.value"] == "w0 w1 "
    parents = {(s["name"], s["parent_span_id"]) for s in captured.spans if s["name"] != "words"}
    assert parents == {("make", span["span_id"]), ("use", None)}


def test_a_span_open_at_a_yield_is_the_parent_of_what_follows(captured: Captured) -> None:
    @telltale.observe
    def steps() -> Iterator[int]:
        with telltale.span("whole"):
            yield 1
            with telltale.span("after"):
                yield 2

    with telltale.span("consumer") as consumer:
        for _ in steps():
            with telltale.span("use"):
                pass
    assert captured.span("after")["parent_span_id"] == captured.span("whole")["span_id"]
    assert {s["parent_span_id"] for s in captured.spans if s["name"] == "use"} == {consumer.span_id}


def test_a_generator_takes_what_is_sent_and_thrown_and_gives_its_return_value(captured: Captured) -> None:
    @telltale.observe
    def talk() -> Any:
        heard: list[Any] = []
        while len(heard) < 2:
            try:
                heard.append((yield len(heard)))
            except KeyError:
                heard.append("key")
        return heard

    running = talk()
    assert next(running) == 0
    assert running.send("a") == 1
    with pytest.raises(StopIteration) as stop:
        running.throw(KeyError("k"))
    assert stop.value.value == ["a", "key"]
    assert captured.span("talk")["status"] == "unset"


def test_a_generator_closed_early_ends_its_span(captured: Captured) -> None:
    cleaned = []

    @telltale.observe
    def numbers() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            cleaned.append(True)

    for _ in numbers():
        break
    span = captured.span("numbers")
    assert cleaned == [True]
    assert span["attributes"]["telltale.output.value"] == "[1]"
    assert span["attributes"]["telltale.stream.cancelled"] is True
    assert span["status"] == "unset"


def test_a_generator_that_fails_is_recorded_as_failed(captured: Captured) -> None:
    @telltale.observe
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(numbers())
    assert captured.span("numbers")["attributes"]["error.type"] == "ValueError"


def test_an_async_generator_is_one_span(captured: Captured) -> None:
    @telltale.observe
    async def words() -> AsyncIterator[str]:
        yield "a"
        with telltale.span("between"):
            await asyncio.sleep(0)
        yield "b"

    async def consume() -> list[str]:
        return [word async for word in words()]

    assert inspect.isasyncgenfunction(words)
    assert asyncio.run(consume()) == ["a", "b"]
    span = captured.span("words")
    assert span["attributes"]["telltale.output.value"] == "ab"
    assert captured.span("between")["parent_span_id"] == span["span_id"]


def test_an_async_generator_takes_what_is_sent_and_thrown(captured: Captured) -> None:
    @telltale.observe
    async def talk() -> Any:
        heard: list[Any] = []
        while len(heard) < 2:
            try:
                heard.append((yield list(heard)))
            except KeyError:
                heard.append("key")
        yield heard

    async def consume() -> list[Any]:
        running = talk()
        return [await anext(running), await running.asend("a"), await running.athrow(KeyError("k"))]

    assert asyncio.run(consume()) == [[], ["a"], ["a", "key"]]
    assert len(captured.spans) == 1


def test_an_async_generator_closed_in_another_task_ends_without_noise(
    captured: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    @telltale.observe
    async def words() -> AsyncIterator[str]:
        with telltale.span("inside"):
            yield "a"
            yield "b"

    async def consume() -> None:
        running: Any = words()
        await asyncio.create_task(anext(running))
        await asyncio.create_task(running.aclose())
        with telltale.span("afterwards"):
            pass

    asyncio.run(consume())
    assert caplog.records == []
    assert captured.span("words")["attributes"]["telltale.stream.cancelled"] is True
    assert captured.span("inside")["parent_span_id"] == captured.span("words")["span_id"]
    assert captured.span("afterwards")["parent_span_id"] is None
