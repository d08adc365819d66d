"""LangGraph's graphs, whose runs come through LangChain's callbacks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langchain_parts import CHAT, TOOL_CALL, add
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from span_tree import outline

import telltale
from telltale.instruments._langchain_handler import STEPS

if TYPE_CHECKING:
    from telltale.testing import Captured

ASKED = {"messages": [("user", "1+2?")]}
LOOP = [
    "  think",
    "    mine",
    f"      {CHAT}",
    f"        {CHAT}",
    "    decide",
    "  tools",
    "    add",
    "      inside add",
    "  think",
    "    mine",
    f"      {CHAT}",
    f"        {CHAT}",
    "    decide",
]
"""What happens inside a graph that thinks, uses a tool and thinks again."""


def decide(state: MessagesState) -> str:
    return "tools" if state["messages"][-1].tool_calls else END


def graph_of(think: Any, **options: Any) -> Any:
    graph = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_node("tools", ToolNode([add]))
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", decide)
    graph.add_edge("tools", "think")
    return graph.compile(**options)


@pytest.fixture
def model(openai_server: Any, chat_openai: ChatOpenAI) -> ChatOpenAI:
    openai_server.chat(None, message={"tool_calls": [TOOL_CALL]}, finish_reason="tool_calls")
    openai_server.chat("3")
    return chat_openai


@pytest.fixture
def think(model: ChatOpenAI) -> Any:
    def think(state: MessagesState) -> Any:
        with telltale.span("mine"):
            return {"messages": [model.invoke(state["messages"])]}

    return think


def test_a_graph_is_a_tree_of_nodes_models_and_tools(captured: Captured, think: Any) -> None:
    graph_of(think).invoke(ASKED)
    assert outline(captured.spans) == ["LangGraph", *LOOP]
    kinds = {span["name"]: span["attributes"]["telltale.span.kind"] for span in captured.spans}
    assert (kinds["LangGraph"], kinds["think"], kinds["add"], kinds[CHAT]) == ("chain", "chain", "tool", "llm")


def test_what_reads_a_graphs_stream_is_not_inside_it(captured: Captured, think: Any) -> None:
    with telltale.span("app"):
        for _ in graph_of(think).stream(ASKED):
            with telltale.span("reader"):
                pass
    app = captured.span("app")["span_id"]
    assert {span["parent_span_id"] for span in captured.spans if span["name"] == "reader"} == {app}
    inside = [name.removeprefix("  ") for name in outline(captured.spans) if name not in {"app", "  reader"}]
    assert inside == ["LangGraph", *LOOP]


def test_an_async_graph_is_the_same_tree(captured: Captured, model: ChatOpenAI) -> None:
    async def think(state: MessagesState) -> Any:
        with telltale.span("mine"):
            return {"messages": [await model.ainvoke(state["messages"])]}

    async def main() -> None:
        async for _ in graph_of(think).astream(ASKED):
            with telltale.span("reader"):
                pass

    asyncio.run(main())
    assert [name for name in outline(captured.spans) if name != "reader"] == ["LangGraph", *LOOP]
    assert {span["parent_span_id"] for span in captured.spans if span["name"] == "reader"} == {None}


def test_a_thread_is_a_session(captured: Captured, think: Any) -> None:
    graph_of(think, checkpointer=InMemorySaver()).invoke(ASKED, {"configurable": {"thread_id": "t-9"}})
    assert captured.span("LangGraph")["attributes"]["session.id"] == "t-9"


def test_an_agent_is_called_one(captured: Captured, think: Any) -> None:
    graph_of(think, name="sums agent").invoke(ASKED)
    agent = captured.span("sums agent")["attributes"]
    assert (agent["telltale.span.kind"], agent["gen_ai.agent.name"]) == ("agent", "sums agent")


def test_a_graph_that_is_cancelled_leaves_nothing_open(captured: Captured) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        @tool
        async def wait() -> None:
            """Wait for ever."""
            begun.set()
            await asyncio.Event().wait()

        graph = StateGraph(MessagesState)
        graph.add_node("tools", ToolNode([wait]))
        graph.add_edge(START, "tools")
        called = AIMessage("", tool_calls=[{"name": "wait", "args": {}, "id": "call_1"}])
        running = asyncio.ensure_future(graph.compile().ainvoke({"messages": [called]}))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(asyncio.wait_for(main(), 20))
    ended = {span["name"]: span["attributes"].get("telltale.cancelled") for span in captured.spans}
    assert ended == {"LangGraph": True, "tools": True, "wait": True}
    assert not [step for step in STEPS._open.values() if step.span.is_recording]


def test_a_graph_that_waits_for_a_person_has_not_failed(captured: Captured) -> None:
    def ask(state: MessagesState) -> Any:
        del state
        return {"messages": [("user", interrupt("sure?"))]}

    graph = StateGraph(MessagesState)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    compiled = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t-1"}}
    compiled.invoke(ASKED, config)
    compiled.invoke(Command(resume="yes"), config)
    assert {span["status"] for span in captured.spans} == {"unset"}
    assert [name for name in outline(captured.spans) if not name.startswith(" ")] == ["LangGraph", "LangGraph"]
