"""LlamaIndex's own dispatcher, with a model of the test's own behind a provider on loopback."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.llms import ChatMessage, CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from llama_index_instrumentation import root_dispatcher
from llama_index_instrumentation.span_handlers import NullSpanHandler
from span_tree import outline

import telltale
from telltale import testing
from telltale.instruments import _elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telltale.testing import Captured

CHAT = "chat gpt-5-mini"


class Model(CustomLLM):
    """A model integration as applications write them: LlamaIndex's base class over the openai client."""

    client: Any
    model: str = "gpt-5-mini"
    temperature: float = 0.5

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model)

    def _ask(self, prompt: str, **more: Any) -> Any:
        messages: Any = [{"role": "user", "content": prompt}]
        return self.client.chat.completions.create(model=self.model, messages=messages, **more)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        del formatted, kwargs
        answer = self._ask(prompt)
        return CompletionResponse(text=answer.choices[0].message.content, raw=answer)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        del formatted, kwargs

        def pieces() -> Iterator[CompletionResponse]:
            text = ""
            for chunk in self._ask(prompt, stream=True, stream_options={"include_usage": True}):
                delta = (chunk.choices[0].delta.content or "") if chunk.choices else ""
                text += delta
                yield CompletionResponse(text=text, delta=delta, raw=chunk)

        return pieces()


@pytest.fixture
def model(openai_client: openai.OpenAI) -> Model:
    return Model(client=openai_client)


@pytest.fixture(scope="module")
def index() -> VectorStoreIndex:
    documents = [Document(text="Paris is in France", metadata={"source": "atlas"}, id_="d1"), Document(text="Rome")]
    return VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=4))


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = span["attributes"]
    return found


def test_a_query_is_a_tree_from_retrieval_to_the_providers_call(
    captured: Captured, openai_server: Any, model: Model, index: VectorStoreIndex
) -> None:
    openai_server.chat("Paris.")
    index.as_query_engine(llm=model).query("capital?")
    names = outline(captured.spans)
    assert names[:4] == [
        "RetrieverQueryEngine.query",
        "  VectorIndexRetriever.retrieve",
        "    MockEmbedding.get_query_embedding",
        "  CompactAndRefine.synthesize",
    ]
    assert [name.strip() for name in names[-3:]] == ["Model.predict", "Model.complete", CHAT]
    query, retrieved, embedded = captured.spans[:3]
    assert (attributes(query)["telltale.input.value"], attributes(query)["telltale.output.value"]) == (
        "capital?",
        "Paris.",
    )
    assert attributes(retrieved)["gen_ai.retrieval.query.text"] == "capital?"
    found = json.loads(attributes(retrieved)["gen_ai.retrieval.documents"])
    assert {(d["content"], d["score"]) for d in found} == {("Paris is in France", 1.0), ("Rome", 1.0)}
    assert {"source": "atlas"} in [d["metadata"] for d in found]
    assert attributes(embedded)["gen_ai.embeddings.dimension.count"] == 4


def test_a_models_step_has_its_messages_parameters_usage_and_answer(
    captured: Captured, openai_server: Any, model: Model
) -> None:
    openai_server.chat("Paris.")
    model.chat([ChatMessage(role="system", content="be short"), ChatMessage("capital?")])
    chat, _, call = captured.spans
    assert [len(name) - len(name.lstrip()) for name in outline(captured.spans)] == [0, 2, 4]
    asked = json.loads(attributes(chat)["gen_ai.input.messages"])
    assert [(message["role"], message["parts"][0]["content"]) for message in asked] == [
        ("system", "be short"),
        ("user", "capital?"),
    ]
    assert json.loads(attributes(chat)["gen_ai.output.messages"])[0]["parts"] == [{"type": "text", "content": "Paris."}]
    named = {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.model": "gpt-5-mini-2025-08-07",
        "gen_ai.usage.input_tokens": 31,
        "gen_ai.usage.output_tokens": 16,
    }
    assert {key: attributes(chat).get(key) for key in named} == named
    assert attributes(chat)["gen_ai.response.id"] == attributes(call)["gen_ai.response.id"]


def test_a_streamed_answers_step_lasts_until_its_end_and_readers_stand_outside(
    captured: Captured, openai_server: Any, model: Model
) -> None:
    openai_server.chat_stream("Pa", "ris")
    with telltale.span("app"):
        for _ in model.stream_chat([ChatMessage("capital?")]):
            with telltale.span("reader"):
                pass
    app = captured.span("app")["span_id"]
    assert {span["parent_span_id"] for span in captured.spans if span["name"] == "reader"} == {app}
    names = [name for name in outline(captured.spans) if "reader" not in name]
    assert names == ["app", "  Model.stream_chat", "    Model.stream_complete", f"      {CHAT}"]
    whole = captured.span("Model.stream_chat")
    assert attributes(whole)["gen_ai.usage.output_tokens"] == 16
    assert attributes(whole)["gen_ai.request.stream"] is True
    assert whole["end_ns"] > captured.span(CHAT)["end_ns"]


def test_a_stream_that_is_left_or_never_read_is_cancelled(captured: Captured, openai_server: Any, model: Model) -> None:
    openai_server.chat_stream("Pa", "ris")
    stream = model.stream_complete("capital?")
    next(stream)
    stream.close()
    model.stream_complete("never read")
    gc.collect()
    with telltale.span("after"):
        pass
    steps = [span for span in captured.spans if span["name"] == "Model.stream_complete"]
    assert [attributes(span)["telltale.stream.cancelled"] for span in steps] == [True, True]
    assert captured.span("after")["parent_span_id"] is None


def test_async_queries_and_streams_nest(
    captured: Captured, openai_server: Any, model: Model, index: VectorStoreIndex
) -> None:
    openai_server.chat("Paris.")
    openai_server.chat_stream("Pa", "ris")

    async def main() -> None:
        await index.as_query_engine(llm=model).aquery("capital?")
        with telltale.span("between"):
            pass
        async for _ in await model.astream_chat([ChatMessage("capital?")]):
            pass
        with telltale.span("after"):
            pass

    asyncio.run(main())
    names = outline(captured.spans)
    assert [name for name in names if not name.startswith(" ")] == [
        "RetrieverQueryEngine.aquery",
        "between",
        "Model.astream_chat",
        "after",
    ]
    assert names[-3:-1] == ["    Model.stream_complete", f"      {CHAT}"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # LlamaIndex's own doing
def test_an_agents_steps_models_and_tools_are_inside_it(captured: Captured, openai_server: Any, model: Model) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        with telltale.span("inside add"):
            return a + b

    openai_server.chat_stream('Thought: add\nAction: add\nAction Input: {"a": 1, "b": 2}')
    openai_server.chat_stream("Thought: I can answer without using any more tools.\nAnswer: 3")

    async def main() -> str:
        return str(await ReActAgent(name="sums", tools=[add], llm=model).run("1+2?"))

    assert asyncio.run(main()) == "3"
    names = outline(captured.spans)
    assert [name for name in names if not name.startswith(" ")] == ["ReActAgent.run"]
    assert names.count("    FunctionTool.acall") == names.count("      inside add") == 1
    assert sum(name.strip() == CHAT for name in names) == 2
    agent = attributes(captured.span("ReActAgent.run"))
    assert (agent["telltale.span.kind"], agent["gen_ai.agent.name"]) == ("agent", "sums")
    assert json.loads(agent["telltale.input.value"])["user_msg"] == "1+2?"
    ran = attributes(captured.span("FunctionTool.acall"))
    assert (ran["gen_ai.tool.name"], ran["gen_ai.tool.call.arguments"], ran["gen_ai.tool.call.result"]) == (
        "add",
        '{"a":1,"b":2}',
        "3",
    )


def test_a_workflow_is_a_tree_and_what_follows_stands_outside(
    captured: Captured, openai_server: Any, model: Model
) -> None:
    class Ask(Workflow):
        @step
        async def think(self, event: StartEvent) -> StopEvent:
            with telltale.span("mine"):
                return StopEvent(result=str(model.complete(event.get("question"))))

    openai_server.chat("Paris.")

    async def main() -> None:
        assert await Ask(timeout=20).run(question="capital?") == "Paris."
        with telltale.span("after"):
            pass

    asyncio.run(main())
    assert outline(captured.spans) == [
        "Ask.run",
        "  Ask.think",
        "    mine",
        "      Model.complete",
        f"        {CHAT}",
        "after",
    ]


def test_an_error_is_on_the_step_that_failed(captured: Captured, openai_server: Any, model: Model) -> None:
    def divide(number: int) -> float:
        return number / 0

    with pytest.raises(ZeroDivisionError):
        FunctionTool.from_defaults(divide).call(number=1)
    openai_server.fails(429)
    with pytest.raises(openai.RateLimitError):
        model.complete("capital?")
    assert {span["status"] for span in captured.spans} == {"error"}
    assert attributes(captured.span("FunctionTool.call"))["error.type"] == "ZeroDivisionError"
    assert attributes(captured.span("Model.complete"))["error.type"] == "openai.RateLimitError"


def test_a_failure_in_the_middle_of_a_stream_is_the_steps(captured: Captured, openai_server: Any, model: Model) -> None:
    openai_server.chat_stream("Pa", "ris", finish=None, breaks=True)
    with pytest.raises(openai.APIConnectionError):
        list(model.stream_complete("capital?"))
    assert captured.span("Model.stream_complete")["status"] == "error"


def test_without_content_no_words_are_recorded(openai_server: Any, model: Model, index: VectorStoreIndex) -> None:
    openai_server.chat("Paris.")
    with testing.capture(capture="none") as captured:
        index.as_query_engine(llm=model).query("capital?")
    said = json.dumps([attributes(span) for span in captured.spans])
    assert not [word for word in ("Paris", "capital", "Rome") if word in said]
    assert attributes(captured.span("Model.complete"))["gen_ai.usage.input_tokens"] == 31


def test_llama_index_that_another_instrumentation_traces_is_left_to_it(
    captured: Captured, openai_server: Any, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    class Theirs(NullSpanHandler):
        pass

    Theirs.__module__ = "openinference.instrumentation.llama_index._handler"
    _elsewhere.told.clear()
    root_dispatcher.add_span_handler(theirs := Theirs())
    try:
        openai_server.chat()
        model.complete("?")
    finally:
        root_dispatcher.span_handlers.remove(theirs)
    assert outline(captured.spans) == [CHAT]
    assert caplog.text.count("llama_index is already traced by openinference") == 1
