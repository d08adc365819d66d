"""LangChain's runs against a provider on loopback, with the provider's client traced, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from counted_list import CountedList
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from langchain_parts import CHAT, TOOL_CALL, Shelf, add, attributes
from span_tree import outline

from telltale import testing
from telltale._content import LIMIT
from telltale.instruments import _elsewhere

if TYPE_CHECKING:
    from telltale.testing import Captured


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
    captured: Captured, openai_server: Any, chat_openai: ChatOpenAI
) -> None:
    openai_server.chat(None, message={"tool_calls": [TOOL_CALL]}, finish_reason="tool_calls")
    openai_server.chat("3")
    asked: list[Any] = [HumanMessage("1+2?")]
    said = chat_openai.bind_tools([add]).invoke(asked)
    assert isinstance(said, AIMessage)
    result = add.invoke(said.tool_calls[0])
    assert isinstance(result, ToolMessage)
    chat_openai.invoke([*asked, said, result])
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


def test_an_answer_out_of_langchains_cache_is_marked(captured: Captured, openai_server: Any, chat_openai: Any) -> None:
    cached = chat_openai.model_copy(update={"cache": InMemoryCache()})
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


def test_what_is_long_is_read_no_further_than_it_is_recorded(captured: Captured) -> None:
    numbers = CountedList(range(1_000_000))
    RunnableLambda(lambda given: {"numbers": given["numbers"]}).with_config(run_name="pass on").invoke(
        {"numbers": numbers}
    )
    said = attributes(captured.span("pass on"))
    for value in (said["telltale.input.value"], said["telltale.output.value"]):
        shown = json.loads(value)["numbers"]
        assert shown[-1] == f"[…cut {1_000_000 - (len(shown) - 1)} more items]"
    assert numbers.read < 2 * LIMIT


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
    _elsewhere.told.clear()
    openai_server.chat()
    openai_server.chat()
    chain.invoke({"question": "?"})
    chain.invoke({"question": "?"})
    assert outline(captured.spans) == [CHAT, CHAT]
    assert caplog.text.count("langchain is already traced by some.other.instrumentation") == 1
