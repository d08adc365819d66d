"""Which LangChain run is inside which: streams, tasks, batches, threads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda, RunnableParallel
from langchain_openai import ChatOpenAI
from langchain_parts import CHAT, attributes
from span_tree import outline

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_what_reads_a_stream_is_not_inside_it(captured: Captured, openai_server: Any, chain: Any) -> None:
    openai_server.chat_stream("Pa", "ris")
    with telltale.span("app"):
        for _ in chain.stream({"question": "?"}):
            with telltale.span("reader"):
                pass
        with telltale.span("after"):
            pass
    app = captured.span("app")
    assert {span["parent_span_id"] for span in captured.spans if span["name"] == "reader"} == {app["span_id"]}
    assert captured.span("after")["parent_span_id"] == app["span_id"]
    run, call = [span for span in captured.spans if span["name"] == CHAT]
    assert call["parent_span_id"] == run["span_id"]
    assert attributes(run)["gen_ai.request.stream"] is True
    assert 0 < attributes(run)["gen_ai.response.time_to_first_chunk"] < 1


def test_async_runs_nest_and_readers_stand_outside(
    captured: Captured, openai_server: Any, chat_openai: ChatOpenAI
) -> None:
    async def ask(question: str) -> Any:
        with telltale.span("mine"):
            return await chat_openai.ainvoke(question)

    async def main() -> None:
        openai_server.chat()
        await RunnableLambda(ask).ainvoke("?")
        with telltale.span("between"):
            pass
        openai_server.chat_stream("Pa", "ris")
        async for _ in chat_openai.astream("?"):
            pass
        with telltale.span("after"):
            pass

    asyncio.run(main())
    once = ["ask", "  mine", f"    {CHAT}", f"      {CHAT}", "between"]
    assert outline(captured.spans) == [*once, CHAT, f"  {CHAT}", "after"]


def test_runs_of_a_batch_keep_their_own_parents_in_threads(
    captured: Captured, openai_server: Any, chat_openai: Any
) -> None:
    for _ in range(4):
        openai_server.chat()
    (RunnableLambda(lambda given: given) | chat_openai).batch(["a", "b", "c", "d"], {"max_concurrency": 3})
    _each_call_is_in_a_run_of_its_own(captured, 4)


def test_runs_of_an_async_batch_and_of_branches_keep_their_own_parents(
    captured: Captured, openai_server: Any, chat_openai: Any
) -> None:
    for _ in range(5):
        openai_server.chat()

    async def main() -> None:
        await chat_openai.abatch(["a", "b", "c"])
        await RunnableParallel(left=chat_openai, right=chat_openai).ainvoke("d")

    asyncio.run(main())
    _each_call_is_in_a_run_of_its_own(captured, 5)


def test_one_run_each_for_several_prompts_at_once(captured: Captured, openai_server: Any, chat_openai: Any) -> None:
    for _ in range(4):
        openai_server.chat()
    questions = [[HumanMessage("a")], [HumanMessage("b")]]
    chat_openai.generate(questions)
    asyncio.run(chat_openai.agenerate(questions))
    _each_call_is_in_a_run_of_its_own(captured, 4)
    assert [name for name in outline(captured.spans) if not name.startswith(" ")] == [CHAT] * 4


def _each_call_is_in_a_run_of_its_own(captured: Captured, count: int) -> None:
    models = [span for span in captured.spans if attributes(span)["telltale.span.kind"] == "llm"]
    runs = {span["span_id"] for span in models if "gen_ai.request.seed" in attributes(span) and _is_run(span, models)}
    calls = [span for span in models if span["span_id"] not in runs]
    assert len(runs) == len(calls) == count
    assert {span["parent_span_id"] for span in calls} == runs


def _is_run(span: dict[str, Any], models: list[dict[str, Any]]) -> bool:
    return any(other["parent_span_id"] == span["span_id"] for other in models)


def test_a_run_in_a_thread_of_the_applications_own_finds_its_parent(captured: Captured, openai_server: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    step = RunnableLambda(lambda given: given).with_config(run_name="in a thread")

    def fan_out(given: str, config: RunnableConfig) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(step.invoke, given, config).result()

    RunnableLambda(fan_out).invoke("x")
    assert outline(captured.spans) == ["fan_out", "  in a thread"]
    assert openai_server.requests == []
