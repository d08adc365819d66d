"""OpenLLMetry before the GenAI conventions (to about 0.47): ``gen_ai.prompt.N.*``, ``llm.*``.

Other libraries that copied these names (LiteLLM, LangSmith's and LangChain4j's exporters) read the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import Named, Table, fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._indexed import indexed
from telltale_collector.dialects._messages import messages, texts
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._traceloop import is_step, read_step
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import boolean, integer, mapping, real, word
from telltale_collector.model import Call, Kind, LogEvent, RawSpan

_TYPE = "llm.request.type"
_KINDS: dict[str, Kind] = {
    "chat": "llm",
    "completion": "llm",
    "embedding": "embedding",
    "embeddings": "embedding",
    "rerank": "reranker",
}
_MARKS = (_TYPE, "gen_ai.prompt.0.role", "gen_ai.prompt.0.content", "gen_ai.completion.0.content", "llm.is_streaming")
_TABLE = Table(
    Named("request_model", word, ("llm.request.model",)),
    Named("response_model", word, ("llm.response.model",)),
    Named("stream", boolean, ("llm.is_streaming",)),
    Named("input_tokens", integer, ("llm.usage.prompt_tokens", "llm.usage.input_tokens")),
    Named("output_tokens", integer, ("llm.usage.completion_tokens", "llm.usage.output_tokens")),
    Named("reasoning_tokens", integer, ("llm.usage.reasoning_tokens",)),
    Named("cache_read_tokens", integer, ("llm.usage.cache_read_input_tokens",)),
    Named("cache_write_tokens", integer, ("llm.usage.cache_creation_input_tokens",)),
    Named("reasoning_effort", word, ("llm.request.reasoning_effort",)),
    Named("temperature", real, ("llm.temperature", "llm.request.temperature")),
    Named("top_p", real, ("llm.top_p", "llm.request.top_p")),
    Named("max_tokens", integer, ("llm.request.max_tokens",)),
    Named("finish_reason_raw", word, ("gen_ai.completion.0.finish_reason", "llm.response.finish_reason")),
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return any(mark in given for mark in _MARKS)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = Call()
    _TABLE.fill(call, given)
    asked = indexed(given, "gen_ai.prompt.")
    call.kind = _KINDS.get(str(given.get(_TYPE, "chat")).lower(), "span")
    if call.kind == "embedding":
        call.input_messages = texts(mapping(element).get("content") for element in asked)
    else:
        call.input_messages = messages(asked, "user")
        call.output_messages = messages(indexed(given, "gen_ai.completion."), "assistant")
    call.tools = tool_definitions(indexed(given, "llm.request.functions."))
    if is_step(span) and _TYPE not in given:
        step = read_step(span)
        call.kind = step.kind
        fill(call, step)
    conventions = read_conventions(span, events)
    if "metadata.usage_object" in given:  # LiteLLM
        fill(conventions, read_usage(given["metadata.usage_object"]))
    call.kind = conventions.kind if _TYPE not in given and conventions.kind != "span" else call.kind
    fill(call, conventions)
    call.finish_reason = finish_reason(call.finish_reason_raw)
    call.ttft_ns = call.ttft_ns if call.ttft_ns is not None else first_token_ns(span)
    return finish(call)


DIALECT = Dialect("openllmetry_legacy", rank=30, speaks=_speaks, read=_read, needs=_MARKS)
