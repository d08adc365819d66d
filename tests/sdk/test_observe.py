from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import telltale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from telltale.testing import Captured


@dataclass
class Passage:
    id: str
    text: str
    score: float
    metadata: dict[str, Any]


def test_a_function_is_recorded_with_arguments_by_name_and_result(captured: Captured) -> None:
    @telltale.observe
    def add(a: int, b: int = 2, *rest: int, **more: int) -> dict[str, int]:
        return {"sum": a + b + sum(rest) + sum(more.values())}

    assert add(1, b=2) == {"sum": 3}
    assert add(1, 2, 3, c=4) == {"sum": 10}
    first, second = captured.spans
    assert first["name"] == "add"
    assert first["attributes"] == {
        "telltale.span.kind": "chain",
        "telltale.input.value": '{"a":1,"b":2}',
        "telltale.output.value": '{"sum":3}',
    }
    assert json.loads(second["attributes"]["telltale.input.value"]) == {"a": 1, "b": 2, "rest": [3], "c": 4}


def test_a_result_that_is_text_is_kept_as_it_is(captured: Captured) -> None:
    @telltale.observe(name="shout", kind="agent")
    def f(text: str) -> str:
        return text.upper()

    f("hi")
    span = captured.span("shout")
    assert span["attributes"]["telltale.output.value"] == "HI"
    assert span["attributes"]["gen_ai.operation.name"] == "invoke_agent"
    assert span["attributes"]["gen_ai.agent.name"] == "shout"


def test_arguments_and_results_can_be_left_out(captured: Captured) -> None:
    @telltale.observe(capture_input=False, capture_output=False)
    def secret(key: str) -> str:
        return key

    secret("k")
    assert captured.span("secret")["attributes"] == {"telltale.span.kind": "chain"}


def test_methods_are_recorded_without_their_object(captured: Captured) -> None:
    class Shop:
        @telltale.observe
        def sell(self, item: str) -> str:
            return item

        @classmethod
        @telltale.observe
        def open(cls, day: str) -> str:
            return day

        @telltale.observe
        @classmethod
        def close(cls, day: str) -> str:
            return day

        @telltale.observe
        @staticmethod
        def count(items: int) -> int:
            return items

    assert (Shop().sell("pen"), Shop.open("mon"), Shop.close("sun"), Shop.count(3)) == (
        "pen",
        "mon",
        "sun",
        3,
    )
    inputs = {span["name"]: span["attributes"]["telltale.input.value"] for span in captured.spans}
    assert inputs == {
        "sell": '{"item":"pen"}',
        "open": '{"day":"mon"}',
        "close": '{"day":"sun"}',
        "count": '{"items":3}',
    }


def test_an_exception_is_recorded_and_passes_on_unchanged(captured: Captured) -> None:
    error = ValueError("no such city")

    @telltale.observe(kind="tool")
    def weather(city: str) -> str:
        if city != "Lyon":
            raise error
        return "cloudy"

    with pytest.raises(ValueError, match="no such city") as caught:
        weather("Lyons")
    assert caught.value is error
    span = captured.span("weather")
    assert (span["status"], span["status_message"]) == ("error", "no such city")
    assert span["attributes"]["error.type"] == "ValueError"
    assert span["events"][0]["attributes"]["exception.type"] == "ValueError"
    assert span["attributes"]["gen_ai.tool.call.arguments"] == '{"city":"Lyons"}'


def test_a_tool_says_so_in_the_conventions_words(captured: Captured) -> None:
    @telltale.observe(kind="tool", name="weather")
    def lookup(city: str) -> dict[str, int]:
        return {"celsius": 14 + len(city)}

    lookup("Lyon")
    attributes = captured.span("weather")["attributes"]
    assert attributes["gen_ai.operation.name"] == "execute_tool"
    assert attributes["gen_ai.tool.name"] == "weather"
    assert attributes["gen_ai.tool.call.arguments"] == '{"city":"Lyon"}'
    assert attributes["gen_ai.tool.call.result"] == '{"celsius":18}'


@pytest.mark.parametrize(
    ("result", "documents"),
    [
        (["one"], [{"id": None, "content": "one", "score": None, "metadata": None}]),
        (
            [{"id": "d", "text": "t", "score": 1}],
            [{"id": "d", "content": "t", "score": 1.0, "metadata": None}],
        ),
        ([("one", 0.5)], [{"id": None, "content": "one", "score": 0.5, "metadata": None}]),
        ([(0.5, {"content": "c"})], [{"id": None, "content": "c", "score": 0.5, "metadata": None}]),
        (
            [Passage("p", "t", 0.1, {"k": 1})],
            [{"id": "p", "content": "t", "score": 0.1, "metadata": {"k": 1}}],
        ),
        ([], []),
    ],
)
def test_a_retriever_records_its_documents(captured: Captured, result: list[Any], documents: list[Any]) -> None:
    @telltale.observe(kind="retriever")
    def search(question: str, k: int = 3) -> list[Any]:
        return result if question and k else []

    assert search("who?") is result
    attributes = captured.span("search")["attributes"]
    assert json.loads(attributes["gen_ai.retrieval.documents"]) == documents
    assert attributes["gen_ai.retrieval.query.text"] == "who?"
    assert attributes["gen_ai.operation.name"] == "retrieval"


def test_a_retriever_that_returns_something_else_has_no_documents(captured: Captured) -> None:
    @telltale.observe(kind="retriever")
    def search(question: str) -> int:
        return len(question)

    search("who?")
    assert "gen_ai.retrieval.documents" not in captured.span("search")["attributes"]


def test_coroutines_are_recorded_and_stay_coroutine_functions(captured: Captured) -> None:
    @telltale.observe
    async def inner(n: int) -> int:
        await asyncio.sleep(0)
        return n * 2

    @telltale.observe
    async def outer() -> list[int]:
        return list(await asyncio.gather(inner(1), inner(2)))

    assert inspect.iscoroutinefunction(inner)
    assert asyncio.run(outer()) == [2, 4]
    parent = captured.span("outer")
    assert [s["parent_span_id"] for s in captured.spans if s["name"] == "inner"] == [parent["span_id"]] * 2


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


def test_before_init_functions_run_as_they_are() -> None:
    @telltale.observe
    def add(a: int, b: int) -> int:
        return a + b

    @telltale.observe
    def numbers() -> Iterator[int]:
        yield from (1, 2)

    assert add(1, 2) == 3
    assert list(numbers()) == [1, 2]
    with telltale.span("x") as span:
        span.set(input="a")
    assert span.trace_id == "0" * 32


def test_wrong_arguments_raise_what_python_raises(captured: Captured) -> None:
    @telltale.observe
    def add(a: int, b: int) -> int:
        return a + b

    with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
        add(1, c=2)  # type: ignore[call-arg]
    assert captured.span("add")["status"] == "error"


def test_threads_keep_the_parent_that_they_are_given(captured: Captured) -> None:
    @telltale.observe
    def work() -> None: ...

    with telltale.span("outer") as outer, telltale.context(session_id="s"):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
        thread.start()
        thread.join()
    span = captured.span("work")
    assert span["parent_span_id"] == outer.span_id
    assert span["attributes"]["session.id"] == "s"
