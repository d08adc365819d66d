"""Vercel's AI SDK: versions 4 to 6 (``ai.*``, scope ``ai``), and 7 (the GenAI conventions, scope ``gen_ai``).

A call is a ``.doGenerate``, ``.doStream`` or ``.doEmbed`` span; the span around it repeats its usage, summed
over the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import Named, Table, fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._messages import messages, system_message, texts
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import add_cached
from telltale_collector.dialects._values import duration_ns, first, integer, mapping, parsed, text, word
from telltale_collector.model import Attributes, AttributeValue, Call, Kind, LogEvent, RawSpan

_OPERATION = "ai.operationId"
_CALLS: dict[str, Kind] = {
    "doGenerate": "llm",
    "doStream": "llm",
    "doEmbed": "embedding",
    "doRerank": "reranker",
    "toolCall": "tool",
}


def _milliseconds(value: AttributeValue) -> int | None:
    return duration_ns(value, 1e6)


_TABLE = Table(
    Named("provider", provider_name, ("ai.model.provider",)),
    Named("request_model", word, ("ai.model.id",)),
    Named("response_model", word, ("ai.response.model",)),
    Named("response_id", word, ("ai.response.id",)),
    Named("finish_reason_raw", word, ("ai.response.finishReason", "ai.finishReason")),
    Named("input_tokens", integer, ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")),
    Named("output_tokens", integer, ("ai.usage.outputTokens", "ai.usage.completionTokens")),
    Named("cache_read_tokens", integer, ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens")),
    Named("cache_write_tokens", integer, ("ai.usage.inputTokenDetails.cacheWriteTokens",)),
    Named("reasoning_tokens", integer, ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens")),
    Named("ttft_ns", _milliseconds, ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")),
    Named("tools", tool_definitions, ("ai.prompt.tools",)),
    Named("tool_name", word, ("ai.toolCall.name",)),
    Named("tool_arguments", text, ("ai.toolCall.args", "ai.toolCall.input")),
    Named("tool_result", text, ("ai.toolCall.result", "ai.toolCall.output")),
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return _OPERATION in span.attributes or span.scope_name == "gen_ai"


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    if _OPERATION not in given:
        if call.operation == "agent_step":
            call.kind = "chain"
        return finish(call)
    operation = str(given[_OPERATION])
    call.kind = _CALLS.get(operation.rpartition(".")[2], "chain")
    call.operation = call.finish_reason = None
    _TABLE.fill(call, given)
    call.provider = provider_name(given.get("ai.model.provider")) or call.provider
    read_params(call, {key[12:]: value for key, value in given.items() if key.startswith("ai.settings.")})
    call.input_messages = call.input_messages or _asked(call.kind, given)
    call.output_messages = call.output_messages or _answered(given)
    call.documents = read_documents(given.get("ai.ranking") or given.get("ai.documents"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    if call.kind == "llm":
        _read_version_4(call, given)
        call.stream = "stream" in operation if call.stream is None else call.stream
        call.ttft_ns = first_token_ns(span) if call.ttft_ns is None else call.ttft_ns
    return finish(call)


def _asked(kind: Kind, given: Attributes) -> list[Any]:
    if kind == "embedding":
        values = parsed(first(given, "ai.values", "ai.value"))
        return texts(map(parsed, values if isinstance(values, list) else [values]))
    whole = mapping(given.get("ai.prompt"))
    if "ai.prompt.messages" in given:
        return messages(given["ai.prompt.messages"], "user")
    return system_message(whole.get("system")) + messages(first(whole, "messages", "prompt"), "user")


def _answered(given: Attributes) -> list[Any]:
    answer = {
        "content": first(given, "ai.response.text", "ai.response.object", "ai.result.text", "ai.result.object"),
        "tool_calls": first(given, "ai.response.toolCalls", "ai.result.toolCalls"),
        "reasoning": given.get("ai.response.reasoning"),
    }
    found = {key: value for key, value in answer.items() if value is not None}
    return messages([{"role": "assistant", **found}], "assistant") if found else []


def _read_version_4(call: Call, given: Attributes) -> None:
    """Before version 5 only the provider's own metadata tells cached and reasoning tokens."""
    own = mapping(given.get("ai.response.providerMetadata"))
    for provider in own.values():
        if isinstance(provider, dict):
            fill(call, _provider_counts(call, provider))


def _provider_counts(call: Call, provider: Mapping[str, Any]) -> Call:
    counts = Call(
        cache_read_tokens=integer(first(provider, "cachedPromptTokens", "cacheReadInputTokens")),
        cache_write_tokens=integer(first(provider, "cacheCreationInputTokens", "cacheWriteInputTokens")),
        reasoning_tokens=integer(provider.get("reasoningTokens")),
    )
    if call.cache_read_tokens is None and "cacheReadInputTokens" in provider:
        counts.input_tokens, call.input_tokens = call.input_tokens, None
        add_cached(counts)
    return counts


DIALECT = Dialect("vercel_ai", rank=15, speaks=_speaks, read=_read, needs=(_OPERATION, "gen_ai"))
