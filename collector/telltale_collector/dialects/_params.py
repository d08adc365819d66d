"""Request parameters, by every name that providers and libraries give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale_collector.dialects._calls import Named, Table
from telltale_collector.dialects._values import boolean, integer, mapping, parsed, real, signed_integer, strings, word
from telltale_collector.model import AttributeValue, Call


def _effort(value: AttributeValue) -> str | None:
    """OpenAI's Responses nest it: ``{"effort": "low"}``."""
    return word(value.get("effort")) if isinstance(value, dict) else word(value)


_TABLE = Table(
    Named("temperature", real, ("temperature",)),
    Named("top_p", real, ("top_p", "topP", "p")),
    Named("top_k", real, ("top_k", "topK", "k")),
    Named(
        "max_tokens",
        integer,
        (
            *("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens"),
            *("max_new_tokens", "num_predict", "max_tokens_to_sample", "maxCompletionTokens", "maxTokenCount"),
        ),
    ),
    Named("seed", signed_integer, ("seed", "random_seed")),
    Named("frequency_penalty", real, ("frequency_penalty", "frequencyPenalty")),
    Named("presence_penalty", real, ("presence_penalty", "presencePenalty")),
    Named("stop_sequences", strings, ("stop", "stop_sequences", "stopSequences", "stop_tokens")),
    Named("choice_count", integer, ("n", "candidate_count", "candidateCount")),
    Named(
        "reasoning_effort", _effort, ("reasoning_effort", "reasoning", "reasoningEffort", "effort", "thinking_level")
    ),
    Named("stream", boolean, ("stream", "streaming", "is_stream")),
)
_INNER = ("inferenceConfig", "generationConfig", "generation_config", "config", "options", "kwargs", "extra_body")


def read_params(call: Call, given: AttributeValue) -> None:
    """Fill parameters that are open, from an object (or JSON of it) and the objects that providers nest them in."""
    found = {key: parsed(value) if key == "reasoning" else value for key, value in mapping(given).items()}
    _read(call, found)
    for name in _INNER:
        inner = mapping(found.get(name)) if name in found else None
        if inner:
            _read(call, inner)


def _read(call: Call, given: Mapping[str, Any]) -> None:
    _TABLE.fill(call, given)
