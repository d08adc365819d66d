"""LangChain's runs against a provider on loopback, with the provider's client traced, too."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from span_tree import outline

import telltale
from telltale import testing
from telltale.instruments import _elsewhere

if TYPE_CHECKING:
    from telltale.testing import Captured

CHAT = "chat gpt-5-mini"
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":2}'}}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    with telltale.span("inside add"):
        return a + b


@pytest.fixture
def model(openai_server: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-5-mini", base_url=openai_server.url, api_key="k", seed=7)


@pytest.fixture
def chain(model: ChatOpenAI) -> Any:
    return ChatPromptTemplate.from_messages([("system", "be short"), ("user", "{question}")]) | model


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = span["attributes"]
    return found


def test_a_chain_is_a_tree_and_the_providers_call_is_inside_the_models_run(
    captured: Captured, openai_server: Any, chain: Any
) -> None:
    openai_server.chat("Paris.")
    chain.invoke({"question": "capital?"})
    assert outline(captured.spans) == ["RunnableSequence", "  ChatPromptTemplate", f"  {CHAT}", f"    {CHAT}"]
    whole, _, run, call = captured.spans
    assert attributes(whole)["telltale.input.value"] == '{"question":"capital?"}'
    assert "Paris." in attributes(whole)["telltale.output.value"]
    for counted in (run, call):
        assert attributes(counted)["gen_ai.usage.input_tokens"] == 31
        assert attributes(counted)["gen_ai.response.id"] == "chatcmpl-1"


def test_a_models_run_has_its_messages_parameters_and_answer(
    captured: Captured, openai_server: Any, chain: Any
) -> None:
    openai_server.chat("Paris.")
    chain.invoke({"question": "capital?"})
    run = attributes(captured.spans[2])
    asked = [(message["role"], message["parts"][0]["content"]) for message in json.loads(run["gen_ai.input.messages"])]
    assert asked == [("system", "be short"), ("user", "capital?")]
    assert json.loads(run["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Paris."}], "finish_reason": "stop"}
    ]
    named = {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.seed": 7,
        "gen_ai.response.model": "gpt-5-mini-2025-08-07",
        "gen_ai.response.finish_reasons": ["stop"],
    }
    assert {key: run.get(key) for key in named} == named


def test_tools_that_are_offered_called_and_answered_are_recorded(
    captured: Captured, openai_server: Any, model: ChatOpenAI
) -> None:
    openai_server.chat(None, message={"tool_calls": [TOOL_CALL]}, finish_reason="tool_calls")
    openai_server.chat("3")
    asked: list[Any] = [HumanMessage("1+2?")]
    said = model.bind_tools([add]).invoke(asked)
    assert isinstance(said, AIMessage)
    result = add.invoke(said.tool_calls[0])
    assert isinstance(result, ToolMessage)
    model.invoke([*asked, said, result])
    first, _, ran, inside, second, _ = captured.spans
    assert json.loads(attributes(first)["gen_ai.tool.definitions"])[0]["name"] == "add"
    call = {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1, "b": 2}}
    assert json.loads(attributes(first)["gen_ai.output.messages"])[0]["parts"] == [call]
    assert inside["parent_span_id"] == ran["span_id"]
    tool_span = attributes(ran)
    assert (tool_span["gen_ai.tool.name"], tool_span["gen_ai.tool.call.id"]) == ("add", "call_1")
    assert json.loads(tool_span["gen_ai.tool.call.arguments"]) == {"a": 1, "b": 2}
    assert tool_span["gen_ai.tool.call.result"] == "3"
    answered = json.loads(attributes(second)["gen_ai.input.messages"])[2]
    assert answered["parts"] == [{"type": "tool_call_response", "id": "call_1", "response": "3"}]


class Shelf(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        del run_manager
        with telltale.span("index"):
            first = Document("Paris", id="d1", metadata={"source": "atlas", "score": 0.75})
            return [first, Document(f"no {query}", id="d2")]


def test_a_retriever_has_its_query_and_documents_with_scores(captured: Captured) -> None:
    Shelf().invoke("capital")
    found = captured.span("Shelf")
    assert captured.span("index")["parent_span_id"] == found["span_id"]
    assert attributes(found)["gen_ai.retrieval.query.text"] == "capital"
    documents = json.loads(attributes(found)["gen_ai.retrieval.documents"])
    assert [(d["id"], d["content"], d["score"]) for d in documents] == [
        ("d1", "Paris", 0.75),
        ("d2", "no capital", None),
    ]


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


def test_async_runs_nest_and_readers_stand_outside(captured: Captured, openai_server: Any, model: ChatOpenAI) -> None:
    async def ask(question: str) -> Any:
        with telltale.span("mine"):
            return await model.ainvoke(question)

    async def main() -> None:
        openai_server.chat()
        await RunnableLambda(ask).ainvoke("?")
        with telltale.span("between"):
            pass
        openai_server.chat_stream("Pa", "ris")
        async for _ in model.astream("?"):
            pass
        with telltale.span("after"):
            pass

    asyncio.run(main())
    once = ["ask", "  mine", f"    {CHAT}", f"      {CHAT}", "between"]
    assert outline(captured.spans) == [*once, CHAT, f"  {CHAT}", "after"]


def test_runs_of_a_batch_keep_their_own_parents_in_threads(captured: Captured, openai_server: Any, model: Any) -> None:
    for _ in range(4):
        openai_server.chat()
    (RunnableLambda(lambda given: given) | model).batch(["a", "b", "c", "d"], {"max_concurrency": 3})
    _each_call_is_in_a_run_of_its_own(captured, 4)


def test_runs_of_an_async_batch_and_of_branches_keep_their_own_parents(
    captured: Captured, openai_server: Any, model: Any
) -> None:
    for _ in range(5):
        openai_server.chat()

    async def main() -> None:
        await model.abatch(["a", "b", "c"])
        await RunnableParallel(left=model, right=model).ainvoke("d")

    asyncio.run(main())
    _each_call_is_in_a_run_of_its_own(captured, 5)


def test_one_run_each_for_several_prompts_at_once(captured: Captured, openai_server: Any, model: Any) -> None:
    for _ in range(4):
        openai_server.chat()
    questions = [[HumanMessage("a")], [HumanMessage("b")]]
    model.generate(questions)
    asyncio.run(model.agenerate(questions))
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


def test_an_error_is_on_the_run_and_on_those_around_it(captured: Captured) -> None:
    def divide(number: int) -> float:
        return number / 0

    with pytest.raises(ZeroDivisionError):
        (RunnableLambda(divide) | RunnableLambda(str)).invoke(1)
    assert {span["name"]: span["status"] for span in captured.spans} == {"RunnableSequence": "error", "divide": "error"}
    assert attributes(captured.span("divide"))["error.type"] == "ZeroDivisionError"


def test_a_refusal_of_the_provider_is_on_the_models_run(captured: Captured, openai_server: Any, model: Any) -> None:
    openai_server.fails(429)
    with pytest.raises(Exception, match="slow down"):
        model.with_config(max_retries=0).invoke("?")
    assert [span["status"] for span in captured.spans] == ["error", "error"]


def test_session_user_tags_and_metadata_are_the_applications(
    captured: Captured, openai_server: Any, chain: Any
) -> None:
    openai_server.chat()
    about = {"session_id": "s1", "user_id": "u7", "ls_secret": "x", "plan": "free"}
    chain.invoke({"question": "?"}, {"metadata": about, "tags": ["beta"]})
    top = attributes(captured.spans[0])
    assert (top["session.id"], top["user.id"], top["telltale.tags"]) == ("s1", "u7", ["beta"])
    assert {key: value for key, value in top.items() if "metadata" in key} == {"telltale.metadata.plan": "free"}
    assert "telltale.metadata.plan" not in attributes(captured.spans[2])


def test_an_answer_out_of_langchains_cache_is_marked(captured: Captured, openai_server: Any) -> None:
    cached = ChatOpenAI(model="gpt-5-mini", base_url=openai_server.url, api_key="k", cache=InMemoryCache())
    openai_server.chat()
    cached.invoke("?")
    cached.invoke("?")
    assert outline(captured.spans) == [CHAT, f"  {CHAT}", CHAT]
    assert [attributes(span).get("telltale.cache.hit") for span in captured.spans] == [None, None, True]


def test_without_content_no_words_are_recorded(openai_server: Any, chain: Any) -> None:
    openai_server.chat("Paris.")
    with testing.capture(capture="none") as captured:
        chain.invoke({"question": "capital?"}, {"metadata": {"note": "an atlas", "session_id": "s1"}})
        add.invoke({"a": 1, "b": 2})
        Shelf().invoke("capital")
    said = json.dumps([attributes(span) for span in captured.spans])
    assert not [word for word in ("Paris", "capital", "short", '"a"', "atlas") if word in said]
    assert attributes(captured.spans[0])["session.id"] == "s1"
    assert attributes(captured.spans[2])["gen_ai.usage.input_tokens"] == 31


def test_a_run_in_a_thread_of_the_applications_own_finds_its_parent(captured: Captured, openai_server: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from langchain_core.runnables import RunnableConfig

    step = RunnableLambda(lambda given: given).with_config(run_name="in a thread")

    def fan_out(given: str, config: RunnableConfig) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(step.invoke, given, config).result()

    RunnableLambda(fan_out).invoke("x")
    assert outline(captured.spans) == ["fan_out", "  in a thread"]
    assert openai_server.requests == []


def test_nothing_is_recorded_before_init_and_everything_works(openai_server: Any, chain: Any) -> None:
    openai_server.chat("Paris.")
    assert chain.invoke({"question": "?"}).content == "Paris."


def test_langchain_that_another_instrumentation_traces_is_left_to_it(
    captured: Captured,
    openai_server: Any,
    chain: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    original = BaseCallbackManager.__init__

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)

    wrapper.__module__ = "some.other.instrumentation"
    monkeypatch.setattr(BaseCallbackManager, "__init__", wrapper)
    _elsewhere._told.clear()
    openai_server.chat()
    openai_server.chat()
    chain.invoke({"question": "?"})
    chain.invoke({"question": "?"})
    assert outline(captured.spans) == [CHAT, CHAT]
    assert caplog.text.count("langchain is already traced by some.other.instrumentation") == 1
