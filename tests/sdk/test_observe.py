from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import telltale

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_the_name_can_come_first(captured: Captured) -> None:
    @telltale.observe("search", kind="retriever")
    def f(question: str) -> list[str]:
        return [question]

    f("q")
    assert captured.span("search")["attributes"]["telltale.span.kind"] == "retriever"


def test_anything_callable_can_be_observed(captured: Captured) -> None:
    class Adder:
        def __call__(self, a: int, b: int) -> int:
            return a + b

    assert telltale.observe(Adder())(1, 2) == 3
    assert telltale.observe(functools.partial(max, 1), name="max1")(2) == 2
    assert [span["name"] for span in captured.spans] == ["Adder", "max1"]


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
