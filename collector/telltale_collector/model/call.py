"""What a dialect reads out of a span."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from telltale_collector.model.primitives import (
    CostSource,
    FinishReason,
    Json,
    Kind,
    TokensSource,
    Verdict,
)


@dataclass(slots=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: ``system user assistant tool``, or the source's own word.
        content: the text parts, joined; "" when there is none.
        tool_calls: ``[{"id", "name", "arguments"}]``, arguments parsed where they are JSON.
        tool_call_id: on a tool's answer, the call that it answers.
        reasoning: the model's reasoning text where the source gives it.
        parts: other parts (images, files, audio, ...) as the source wrote them.
    """

    role: str
    content: str = ""
    tool_calls: list[dict[str, Json]] = field(default_factory=list)
    tool_call_id: str | None = None
    reasoning: str | None = None
    parts: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """One retrieved document. ``rank`` counts from 1 in the order returned; ``score`` is the retriever's own."""

    id: str | None = None
    content: str | None = None
    score: float | None = None
    rank: int | None = None
    metadata: Json = None


@dataclass(slots=True)
class Call:
    """What a dialect reads out of a span: the canonical fields that describe one step of an LLM application."""

    kind: Kind = "span"
    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    input_messages: list[Message] = field(default_factory=list)
    output_messages: list[Message] = field(default_factory=list)
    tools: list[Json] = field(default_factory=list)
    tool_name: str | None = None
    tool_arguments: str | None = None
    tool_result: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    tokens_source: TokensSource | None = None
    cost_usd: Decimal | None = None
    input_cost_usd: Decimal | None = None
    output_cost_usd: Decimal | None = None
    cache_savings_usd: Decimal | None = None
    cost_source: CostSource | None = None
    price_id: str | None = None
    ttft_ns: int | None = None
    stream: bool | None = None
    finish_reason: FinishReason | None = None
    finish_reason_raw: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop_sequences: list[str] = field(default_factory=list)
    choice_count: int | None = None
    reasoning_effort: str | None = None
    service_tier: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    prompt_name: str | None = None
    prompt_version: str | None = None
    prompt_hash: str | None = None
    documents: list[Document] = field(default_factory=list)
    guard_name: str | None = None
    guard_stage: str | None = None
    guard_verdict: Verdict | None = None
    guard_reason: str | None = None
    guard_score: float | None = None
    cache_hit: bool | None = None
    cache_key: str | None = None
    route: str | None = None
    route_reason: str | None = None
    route_baseline_model: str | None = None
    error_type: str | None = None
