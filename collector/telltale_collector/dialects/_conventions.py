"""OpenTelemetry's GenAI conventions as one table, with the names that libraries used before or beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telltale import semconv as names
from telltale_collector.dialects._calls import Named, Table
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._events import content_events, details, input_of_events, output_of_events
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, plain, system_message
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._values import (
    boolean,
    duration_ns,
    integer,
    money,
    objects,
    parsed,
    real,
    signed_integer,
    strings,
    text,
    word,
)
from telltale_collector.model import Attributes, AttributeValue, Call, Kind, LogEvent, RawSpan

_KIND_OF_OPERATION: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "chat",
            "generate_content",
            "text_completion",
            "fetch_response",
            "completion",
            "message",
            "responses",
            "chat_completions",
            "text_completions",
        ),
        "llm",
    ),
    **dict.fromkeys(
        ("generatetext", "streamtext", "generate_text", "stream_text", "generateobject", "streamobject"), "llm"
    ),
    **dict.fromkeys(("embeddings", "embedding", "embed", "embedmany", "embed_content"), "embedding"),
    **dict.fromkeys(("retrieval", "retriever", "vector_db_retrieve", "query", "search"), "retriever"),
    **dict.fromkeys(("rerank", "reranker", "reranking"), "reranker"),
    **dict.fromkeys(("execute_tool", "tool", "tool_call"), "tool"),
    **dict.fromkeys(("create_agent", "invoke_agent", "agent", "handoff"), "agent"),
    **dict.fromkeys(("invoke_workflow", "plan", "chain", "workflow", "execute_task", "task", "agent_step"), "chain"),
    **dict.fromkeys(("guardrail", "guard", "apply_guardrail"), "guardrail"),
    **dict.fromkeys(("evaluate", "evaluation", "evaluator"), "evaluator"),
}


def _seconds(value: AttributeValue) -> int | None:
    return duration_ns(value, 1e9)


def _usage(*keys: str) -> tuple[str, ...]:
    return tuple(f"gen_ai.usage.{key}" for key in keys)


_TABLE = Table(
    Named("operation", word, (names.OPERATION,)),
    Named("provider", provider_name, (names.PROVIDER, names.SYSTEM_OLD)),
    Named("request_model", word, (names.REQUEST_MODEL,)),
    Named("response_model", word, (names.RESPONSE_MODEL,)),
    Named("response_id", word, (names.RESPONSE_ID,)),
    Named(
        "stream", boolean, (names.REQUEST_STREAM, "gen_ai.is_streaming", "gen_ai.request.is_stream", "llm.is_streaming")
    ),
    Named("temperature", real, (names.REQUEST_TEMPERATURE,)),
    Named("top_p", real, (names.REQUEST_TOP_P,)),
    Named("top_k", real, (names.REQUEST_TOP_K, "llm.top_k")),
    Named("max_tokens", integer, (names.REQUEST_MAX_TOKENS, "gen_ai.request.max_output_tokens")),
    Named("seed", signed_integer, (names.REQUEST_SEED, "gen_ai.openai.request.seed")),
    Named("frequency_penalty", real, (names.REQUEST_FREQUENCY_PENALTY, "llm.frequency_penalty")),
    Named("presence_penalty", real, (names.REQUEST_PRESENCE_PENALTY, "llm.presence_penalty")),
    Named("stop_sequences", strings, (names.REQUEST_STOP_SEQUENCES, "llm.chat.stop_sequences")),
    Named("choice_count", integer, (names.REQUEST_CHOICE_COUNT,)),
    Named(
        "reasoning_effort",
        word,
        (names.REQUEST_REASONING, "gen_ai.request.reasoning_effort", "gen_ai.request.reasoning.effort"),
    ),
    Named("input_tokens", integer, _usage("input_tokens", "prompt_tokens")),
    Named("output_tokens", integer, _usage("output_tokens", "completion_tokens")),
    Named(
        "cache_read_tokens",
        integer,
        _usage(
            *("cache_read.input_tokens", "cache_read_input_tokens", "cached_input_tokens", "cache_read_tokens"),
            *("details.cache_read_tokens", "details.cached_tokens", "prompt_tokens_details.cached_tokens"),
            *("input_tokens.cached", "input_tokens_details.cached_tokens", "cached_tokens"),
        ),
    ),
    Named(
        "cache_write_tokens",
        integer,
        _usage(
            *("cache_write.input_tokens", "cache_creation.input_tokens", "cache_creation_input_tokens"),
            *("cache_write_input_tokens", "cache_write_tokens", "details.cache_write_tokens"),
        ),
    ),
    Named(
        "cache_write_1h_tokens",
        integer,
        (
            "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
            "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens",
            "gen_ai.usage.details.ephemeral_1h_input_tokens",
        ),
    ),
    Named(
        "service_tier",
        word,
        (
            *("openai.response.service_tier", "gen_ai.openai.response.service_tier", "gen_ai.response.service_tier"),
            *("openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier"),
        ),
    ),
    Named(
        "reasoning_tokens",
        integer,
        _usage(
            *("reasoning.output_tokens", "reasoning_tokens", "details.reasoning_tokens", "reasoning_output_tokens"),
            *("completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
            *("output_tokens.reasoning", "details.thoughts_tokens", "thoughts_tokens"),
        ),
    ),
    Named(
        "input_audio_tokens", integer, _usage("details.input_audio_tokens", "input_audio_tokens", "audio.input_tokens")
    ),
    Named(
        "output_audio_tokens",
        integer,
        _usage("details.output_audio_tokens", "output_audio_tokens", "audio.output_tokens"),
    ),
    Named(
        "input_image_tokens", integer, _usage("details.input_image_tokens", "input_image_tokens", "image.input_tokens")
    ),
    Named(
        "output_image_tokens",
        integer,
        _usage("details.output_image_tokens", "output_image_tokens", "image.output_tokens"),
    ),
    Named(
        "cost_usd", money, ("operation.cost", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total_cost")
    ),
    Named("input_cost_usd", money, ("gen_ai.usage.input_cost", "gen_ai.cost.input_cost")),
    Named("output_cost_usd", money, ("gen_ai.usage.output_cost", "gen_ai.cost.output_cost")),
    Named(
        "ttft_ns",
        _seconds,
        (
            *(names.RESPONSE_TTFT_S, "gen_ai.client.operation.time_to_first_chunk"),
            *("gen_ai.response.time_to_first_token", "gen_ai.latency.time_to_first_token"),
        ),
    ),
    Named("tools", tool_definitions, (names.TOOL_DEFINITIONS, "gen_ai.request.tools")),
    Named("tool_name", word, (names.TOOL_NAME,)),
    Named("tool_arguments", text, (names.TOOL_CALL_ARGUMENTS, "gen_ai.tool.args", "gen_ai.tool.input")),
    Named("tool_result", text, (names.TOOL_CALL_RESULT, "gen_ai.tool.output")),
    Named("documents", read_documents, (names.RETRIEVAL_DOCUMENTS,)),
)


def read_conventions(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    """Everything that the span (or its events) says in the conventions' own words."""
    content = content_events(span, events)
    given: Attributes = details(content) | span.attributes if content else span.attributes
    call = Call()
    _TABLE.fill(call, given)
    call.kind = kind_of_operation(call.operation)
    call.finish_reason_raw = next(iter(strings(given.get(names.RESPONSE_FINISH_REASONS))), None)
    _read_messages(call, given, content)
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


def kind_of_operation(operation: str | None) -> Kind:
    return _KIND_OF_OPERATION.get((operation or "").lower().replace(" ", "_").replace(".", "_"), "span")


def _read_messages(call: Call, given: Attributes, content: Sequence[Any]) -> None:
    system = system_message(given.get(names.SYSTEM_INSTRUCTIONS))
    asked = messages(given.get(names.INPUT_MESSAGES), "user")
    if system and any(message.role == "system" for message in asked):
        system = []  # some libraries write it twice
    answered = parsed(given.get(names.OUTPUT_MESSAGES))
    call.input_messages = system + asked or input_of_events(content)
    call.output_messages = messages(answered, "assistant") or output_of_events(call, content)
    if call.finish_reason_raw is None:
        reasons = (text(message.get("finish_reason")) for message in objects(answered))
        call.finish_reason_raw = next(filter(None, reasons), None)
    if not call.input_messages:
        call.input_messages = plain(given.get(names.RETRIEVAL_QUERY))
