"""Token counts in the shapes of providers and libraries, as totals: input with cached, output with reasoning tokens.

Whether a source's input count holds the cached tokens already is told by its keys (Bedrock's, Gemini's), by its total,
or by the caller who knows the source (Anthropic's own answers, Langfuse's disjoint keys).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale_collector.dialects._values import integer, mapping
from telltale_collector.model import AttributeValue, Call

_INPUT = (
    "input_tokens prompt_tokens inputTokens promptTokens promptTokenCount prompt_token_count inputTokenCount"
    " input_token_count prompt_eval_count input prompt tokens_prompt"
).split()
_OUTPUT = (
    "output_tokens completion_tokens outputTokens completionTokens candidatesTokenCount candidates_token_count"
    " outputTokenCount output_token_count response_token_count responseTokenCount eval_count output completion"
).split()
_CACHE_READ = (
    "cache_read_input_tokens cacheReadInputTokens cached_tokens cachedInputTokens cachedContentTokenCount"
    " cached_content_token_count cache_read_tokens cacheReadTokens cache_read cached_input_tokens input_cached_tokens"
    " input_cache_read input_cached prompt_cache_hit_tokens cacheReadInputTokenCount"
).split()
_CACHE_WRITE = (
    "cache_creation_input_tokens cacheWriteInputTokens cache_write_input_tokens cache_write_tokens cacheWriteTokens"
    " cache_creation cache_write input_cache_creation cache_creation_tokens cacheCreationInputTokens"
    " cacheWriteInputTokenCount"
).split()
_REASONING = (
    "reasoning_tokens reasoningTokens thoughtsTokenCount thoughts_token_count reasoning output_reasoning_tokens"
    " output_reasoning reasoning_output_tokens thinking_tokens"
).split()
_INPUT_DETAILS = (
    "prompt_tokens_details input_tokens_details input_token_details inputTokenDetails prompt_details".split()
)
_OUTPUT_DETAILS = (
    "completion_tokens_details output_tokens_details output_token_details outputTokenDetails completion_details"
).split()
_TOTAL = ("total_tokens", "totalTokens", "totalTokenCount", "total")
_AUDIO = ("audio_tokens", "audio", "audioTokens")
_IMAGE = ("image_tokens", "image", "imageTokens")
_BEDROCK = ("cacheReadInputTokens", "cacheWriteInputTokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")


def read_usage(value: AttributeValue, *, cached_apart: bool | None = None) -> Call:
    """A usage object as a call that holds only token counts.

    Args:
        value: the object, or JSON text of it.
        cached_apart: the input count leaves cached tokens out; None: judge by the keys and the total.
    """
    usage = mapping(value)
    usage = mapping(usage.get("tokens")) or usage  # Cohere keeps billed units beside it
    call = Call()
    inputs, outputs = _details(usage, _INPUT_DETAILS), _details(usage, _OUTPUT_DETAILS)
    call.input_tokens = _count(usage, _INPUT)
    call.output_tokens = _count(usage, _OUTPUT)
    call.cache_read_tokens = _either(inputs, usage, _CACHE_READ)
    call.cache_write_tokens = _either(inputs, usage, _CACHE_WRITE)
    call.reasoning_tokens = _either(outputs, usage, _REASONING)
    call.input_audio_tokens = _count(inputs, _AUDIO)
    call.output_audio_tokens = _count(outputs, _AUDIO)
    call.input_image_tokens = _count(inputs, _IMAGE)
    call.output_image_tokens = _count(outputs, _IMAGE)
    call.cache_write_1h_tokens = integer(mapping(usage.get("cache_creation")).get("ephemeral_1h_input_tokens"))
    if call.cache_write_tokens is None:
        by_lifetime = [integer(count) for count in mapping(usage.get("cache_creation")).values()]
        call.cache_write_tokens = sum(filter(None, by_lifetime)) if by_lifetime else None
    if cached_apart if cached_apart is not None else _is_apart(usage, call):
        add_cached(call)
    _add_apart(usage, call)
    return call


def add_cached(call: Call) -> None:
    """Make an input count that leaves cached tokens out a total."""
    if call.input_tokens is not None:
        call.input_tokens += (call.cache_read_tokens or 0) + (call.cache_write_tokens or 0)


def read_disjoint(value: AttributeValue) -> Call:
    """A usage object whose keys ``input…``, ``cache…`` and ``output…`` never overlap: totals are sums."""
    usage = {key: count for key, given in mapping(value).items() if (count := integer(given)) is not None}
    call = read_usage(usage, cached_apart=False)
    inputs = [count for key, count in usage.items() if key.startswith(("input", "cache"))]
    outputs = [count for key, count in usage.items() if key.startswith("output") or "reasoning" in key]
    call.input_tokens = sum(inputs) if inputs else None
    call.output_tokens = sum(outputs) if outputs else None
    call.input_audio_tokens = usage.get("input_audio_tokens", usage.get("input_audio"))
    call.output_audio_tokens = usage.get("output_audio_tokens", usage.get("output_audio"))
    call.input_image_tokens = usage.get("input_image_tokens", usage.get("input_image"))
    call.output_image_tokens = usage.get("output_image_tokens", usage.get("output_image"))
    return call


def _is_apart(usage: Mapping[str, Any], call: Call) -> bool:
    cached = (call.cache_read_tokens or 0) + (call.cache_write_tokens or 0)
    if not cached or call.input_tokens is None:
        return False
    if cached > call.input_tokens or any(key in usage for key in _BEDROCK):
        return True
    total = _count(usage, _TOTAL)
    return total is not None and total == call.input_tokens + (call.output_tokens or 0) + cached


def _add_apart(usage: Mapping[str, Any], call: Call) -> None:
    """Gemini counts thoughts and tool prompts beside the candidates and the prompt."""
    thoughts = _count(usage, ("thoughtsTokenCount", "thoughts_token_count"))
    if thoughts and call.output_tokens is not None:
        call.output_tokens += thoughts
    tools = _count(usage, ("toolUsePromptTokenCount", "tool_use_prompt_token_count"))
    if tools and call.input_tokens is not None:
        call.input_tokens += tools


def _details(usage: Mapping[str, Any], names: list[str]) -> Mapping[str, Any]:
    return next((found for name in names if (found := mapping(usage.get(name)))), {})


def _either(details: Mapping[str, Any], usage: Mapping[str, Any], names: list[str]) -> int | None:
    found = _count(details, names) if details else None
    return _count(usage, names) if found is None else found


def _count(given: Mapping[str, Any], names: list[str] | tuple[str, ...]) -> int | None:
    for name in names:
        if name in given and (found := integer(given[name])) is not None:
            return found
    return None
