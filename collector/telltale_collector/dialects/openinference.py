"""OpenInference: Arize's instrumentations (OpenAI, LangChain, LlamaIndex ...) and applications that use its words.

Source: the OpenInference specification, and its instrumentation packages. Lists are flattened into attribute names;
most packages also keep the raw request and answer in ``input.value`` and ``output.value``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import Named, Table, fill, finish
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._guards import read_guard, read_metadata_guard
from telltale_collector.dialects._indexed import indexed
from telltale_collector.dialects._messages import messages, plain, texts
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._values import first, integer, mapping, money, text, word
from telltale_collector.model import Attributes, Call, Kind, LogEvent, RawSpan

_KIND = "openinference.span.kind"
_KINDS: dict[str, Kind] = {
    "LLM": "llm",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retriever",
    "RERANKER": "reranker",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "chain",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator",
    "PROMPT": "prompt",
    "DECISION": "chain",
}
_TABLE = Table(
    Named("provider", provider_name, ("llm.provider", "llm.system", "embedding.provider")),
    Named("request_model", word, ("llm.request.model_name",)),
    Named("response_model", word, ("llm.response.model_name",)),
    Named("input_tokens", integer, ("llm.token_count.prompt",)),
    Named("output_tokens", integer, ("llm.token_count.completion",)),
    Named("cache_read_tokens", integer, ("llm.token_count.prompt_details.cache_read",)),
    Named(
        "cache_write_tokens",
        integer,
        ("llm.token_count.prompt_details.cache_write", "llm.token_count.prompt_details.cache_creation"),
    ),
    Named("reasoning_tokens", integer, ("llm.token_count.completion_details.reasoning",)),
    Named("input_audio_tokens", integer, ("llm.token_count.prompt_details.audio",)),
    Named("output_audio_tokens", integer, ("llm.token_count.completion_details.audio",)),
    Named("input_image_tokens", integer, ("llm.token_count.prompt_details.image",)),
    Named("output_image_tokens", integer, ("llm.token_count.completion_details.image",)),
    Named("cost_usd", money, ("llm.cost.total",)),
    Named("input_cost_usd", money, ("llm.cost.prompt",)),
    Named("output_cost_usd", money, ("llm.cost.completion",)),
    Named("finish_reason_raw", word, ("llm.finish_reason",)),
    Named("response_id", word, ("llm.response.id", "llm.response_id")),
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return _KIND in given or "llm.input_messages.0.message.role" in given


def _read(span: RawSpan, _events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = Call(kind=_KINDS.get(str(given.get(_KIND, "LLM")).upper(), "span"))
    for key, value in mapping(given.get("metadata")).items():
        if (found := text(value)) is not None:
            call.metadata[str(key)] = found
    _READERS.get(call.kind, _read_step)(call, span)
    return finish(call)


def _read_llm(call: Call, span: RawSpan) -> None:
    given = span.attributes
    _read_provider(call, given)
    call.input_messages = messages(indexed(given, "llm.input_messages.", "message"), "user")
    call.output_messages = messages(indexed(given, "llm.output_messages.", "message"), "assistant")
    call.tools = _tools(given)
    answered = read_response(given.get("output.value"))
    asked = Call() if _is_asked(call, given) else read_request(given.get("input.value"))
    _read_models(call, given, asked, answered)
    read_params(call, given.get("llm.invocation_parameters"))
    _read_prompts(call, given)
    fill(call, asked, answered)
    call.finish_reason = answered.finish_reason or finish_reason(call.finish_reason_raw)
    call.ttft_ns = first_token_ns(span)
    if not call.output_messages and not answered.output_messages:
        call.output_messages = messages(given.get("output.value"), "assistant")


def _is_asked(call: Call, given: Attributes) -> bool:
    """The attributes hold the whole request: no need to read the raw one too."""
    known = call.request_model is not None or "model" in mapping(given.get("llm.invocation_parameters"))
    return known and bool(call.input_messages)


def _read_provider(call: Call, given: Attributes) -> None:
    """Of Google's models ``llm.system`` tells by which of its two services they were called."""
    _TABLE.fill(call, given)
    if call.provider == "gcp.gemini" and provider_name(given.get("llm.system")) == "gcp.vertex_ai":
        call.provider = "gcp.vertex_ai"


def _read_models(call: Call, given: Attributes, asked: Call, answered: Call) -> None:
    """``llm.model_name`` is the model of the answer, once there is one; before that, the model asked for.

    Of OpenAI's agents the "invocation parameters" are the answer's own fields: its model was not asked for.
    """
    parameters = mapping(given.get("llm.invocation_parameters"))
    named = word(given.get("llm.model_name"))
    requested = first(parameters, "model", "model_name", "model_id", "modelId", "deployment_name")
    if "created_at" in parameters:
        requested = None
    call.request_model = call.request_model or word(requested) or asked.request_model
    call.request_model = call.request_model or word(mapping(given.get("metadata")).get("ls_model_name"))
    if call.request_model is None and answered.response_model is None:
        call.request_model = named
    if call.response_model is None and named != call.request_model:
        call.response_model = named


def _read_prompts(call: Call, given: Attributes) -> None:
    """Text completions."""
    if not call.input_messages:
        call.input_messages = messages(indexed(given, "llm.prompts.", "prompt"), "user")
    if not call.output_messages:
        call.output_messages = messages(indexed(given, "llm.choices.", "completion"), "assistant")


def _tools(given: Attributes) -> list[Any]:
    found = [tool.get("json_schema", tool) for tool in indexed(given, "llm.tools.", "tool") if isinstance(tool, dict)]
    return tool_definitions(found)


def _read_embedding(call: Call, span: RawSpan) -> None:
    given = span.attributes
    _TABLE.fill(call, given)
    embedded = indexed(given, "embedding.embeddings.", "embedding")
    call.input_messages = texts(element.get("text") for element in embedded if isinstance(element, dict))
    parameters = given.get("embedding.invocation_parameters", given.get("llm.invocation_parameters"))
    named = word(first(given, "embedding.model_name", "llm.model_name"))
    call.request_model = call.request_model or word(mapping(parameters).get("model")) or named
    call.response_model = call.response_model or named
    read_params(call, parameters)
    fill(call, read_response(given.get("output.value")), read_request(given.get("input.value")))
    call.output_messages = []
    if not call.input_messages:
        call.input_messages = _query(given.get("input.value"))


def _query(value: Any) -> list[Any]:
    asked = mapping(value)
    found = first(asked, "query", "texts", "text", "input")
    return texts(found if isinstance(found, list) else [found]) if found is not None else plain(value)


def _read_retriever(call: Call, span: RawSpan) -> None:
    given = span.attributes
    call.documents = read_documents(indexed(given, "retrieval.documents.", "document"))
    whole = read_documents(given.get("output.value"))
    if len(whole) == len(call.documents):
        for document, same in zip(call.documents, whole, strict=True):
            document.id = document.id or same.id
    call.documents = call.documents or whole
    call.input_messages = _asked(given.get("input.value"))


def _asked(value: Any) -> list[Any]:
    """The query, also where a framework wraps it."""
    asked = mapping(value)
    found = first(asked, "query", "query_str", "input", "question") or mapping(asked.get("query_bundle")).get(
        "query_str"
    )
    return plain(found if isinstance(found, str) else value)


def _read_reranker(call: Call, span: RawSpan) -> None:
    given = span.attributes
    _TABLE.fill(call, given)
    call.request_model = word(given.get("reranker.model_name")) or call.request_model
    call.documents = read_documents(indexed(given, "reranker.output_documents.", "document"))
    call.input_messages = plain(first(given, "reranker.query", "input.value"))


def _read_tool(call: Call, span: RawSpan) -> None:
    given = span.attributes
    call.tool_name = word(first(given, "tool.name", "tool_call.function.name")) or span.name
    call.tool_arguments = text(first(given, "tool_call.function.arguments", "input.value", "tool.parameters"))
    call.tool_result = text(given.get("output.value"))


def _read_guardrail(call: Call, span: RawSpan) -> None:
    given = span.attributes
    _read_step(call, span)
    fill(call, read_metadata_guard(given.get("metadata")), read_guard(given.get("output.value")))
    fill(call, read_guard(given))
    call.guard_name = call.guard_name or span.name


def _read_step(call: Call, span: RawSpan) -> None:
    call.input_messages = plain(span.attributes.get("input.value"))
    call.output_messages = plain(span.attributes.get("output.value"))


_READERS = {
    "llm": _read_llm,
    "embedding": _read_embedding,
    "retriever": _read_retriever,
    "reranker": _read_reranker,
    "tool": _read_tool,
    "guardrail": _read_guardrail,
}

DIALECT = Dialect(
    "openinference", rank=20, speaks=_speaks, read=_read, needs=(_KIND, "llm.input_messages.0.message.role")
)
