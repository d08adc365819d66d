"""How LangChain's runs end that do not end well: errors, refusals, streams that are left, cancelled tasks."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import StructuredTool
from langchain_parts import attributes
from span_tree import outline

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_a_stream_that_is_left_ends_and_what_follows_is_outside(
    captured: Captured, openai_server: Any, chain: Any
) -> None:
    openai_server.chat_stream("Pa", "ris")
    stream = chain.stream({"question": "?"})
    next(stream)
    stream.close()
    with telltale.span("after"):
        pass
    assert captured.span("after")["parent_span_id"] is None
    assert [name for name in outline(captured.spans) if not name.startswith(" ")] == ["RunnableSequence", "after"]


def test_an_error_is_on_the_run_and_on_those_around_it(captured: Captured) -> None:
    def divide(number: int) -> float:
        return number / 0

    with pytest.raises(ZeroDivisionError):
        (RunnableLambda(divide) | RunnableLambda(str)).invoke(1)
    assert {span["name"]: span["status"] for span in captured.spans} == {"RunnableSequence": "error", "divide": "error"}
    assert attributes(captured.span("divide"))["error.type"] == "ZeroDivisionError"


def test_a_refusal_of_the_provider_is_on_the_models_run(
    captured: Captured, openai_server: Any, chat_openai: Any
) -> None:
    openai_server.fails(429)
    with pytest.raises(Exception, match="slow down"):
        chat_openai.with_config(max_retries=0).invoke("?")
    assert [span["status"] for span in captured.spans] == ["error", "error"]


# --- cancelled: LangChain itself tells of no end
async def _wait(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


class Slow(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return asyncio.run(_wait(query, run_manager))

    async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return await _wait(query, run_manager)


class SlowModel(FakeListChatModel):
    async def _agenerate(self, *_: Any, **__: Any) -> Any:
        return await _wait()


CANCELLED: dict[str, Any] = {
    "a tool": (StructuredTool.from_function(coroutine=_wait, name="slow", description="waits"), {}),
    "a retriever": (Slow(name="slow"), "?"),
    "a model": (SlowModel(responses=[], name="slow"), "?"),
}


async def _given_up(awaitable: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await awaitable


@pytest.mark.parametrize("what", CANCELLED)
def test_what_is_cancelled_ends_there_and_what_follows_is_outside(captured: Captured, what: str) -> None:
    slow, given = CANCELLED[what]

    async def main() -> None:
        await _given_up(slow.ainvoke(given))
        with telltale.span("after"):
            pass

    asyncio.run(main())
    cancelled, after = captured.spans
    assert attributes(cancelled)["telltale.cancelled"] is True
    assert (cancelled["status"], after["parent_span_id"]) == ("unset", None)
    assert cancelled["end_ns"] <= after["start_ns"]
    assert _open() == []


@pytest.mark.parametrize("what", CANCELLED)
def test_a_chain_that_gives_up_one_of_its_parts_goes_on(captured: Captured, what: str) -> None:
    slow, given = CANCELLED[what]

    async def patient(_: Any) -> str:
        await _given_up(slow.ainvoke(given))
        with telltale.span("after"):
            return "done"

    assert asyncio.run(RunnableLambda(patient).ainvoke("?")) == "done"
    chain, cancelled, after = captured.spans
    assert cancelled["parent_span_id"] == after["parent_span_id"] == chain["span_id"]
    assert [attributes(span).get("telltale.cancelled") for span in captured.spans] == [None, True, None]
    assert _open() == []


def test_a_coroutine_that_is_dropped_was_cancelled(captured: Captured) -> None:
    slow, given = CANCELLED["a tool"]
    coroutine = slow.ainvoke(given)
    with contextlib.closing(coroutine):
        contextvars.copy_context().run(_first_step_of, coroutine)
    assert attributes(captured.span("slow"))["telltale.cancelled"] is True
    assert _open() == []


def _first_step_of(coroutine: Any) -> None:
    loop = asyncio.new_event_loop()
    with contextlib.closing(loop):
        loop.run_until_complete(_started(coroutine))


async def _started(coroutine: Any) -> None:
    coroutine.send(None)


def test_questions_that_are_not_asked_any_more_were_cancelled(captured: Captured) -> None:
    class Failing(FakeListChatModel):
        def _generate(self, *_: Any, **__: Any) -> Any:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Failing(responses=[]).generate([[HumanMessage("a")], [HumanMessage("b")]])
    failed, never_asked = captured.spans
    assert (failed["status"], never_asked["status"]) == ("error", "unset")
    assert attributes(never_asked)["telltale.cancelled"] is True
    assert _open() == []


FIRST = """
import asyncio, telltale
telltale.init()
from langchain_core.tools import StructuredTool

async def wait(question: str) -> str:
    await asyncio.Event().wait()

async def main() -> None:
    tool = StructuredTool.from_function(coroutine=wait, name="slow", description="waits")
    try:
        async with asyncio.timeout(0):
            await tool.ainvoke({"question": "?"})
    except TimeoutError:
        print("given up")

asyncio.run(main())
"""


def test_the_first_run_of_a_process_may_be_cancelled_too(run_app: Any, collector: Any) -> None:
    result = run_app(FIRST, TELLTALE_ENDPOINT=collector.url)
    assert (result.stdout, result.stderr) == ("given up\n", "")
    (span,) = collector.spans
    assert span.name == "slow"
    assert "telltale.cancelled" in {pair.key for pair in span.attributes}


def _open() -> list[Any]:
    from telltale.instruments._langchain_handler import STEPS

    return [step for step in STEPS._open.values() if step.span.is_recording]
