"""The shapes that travel between hops. Unknown is ``None``, never 0 or "".

Times are integer nanoseconds since the Unix epoch (UTC); money is ``Decimal`` US dollars.
A span's column, dataclass field, JSON key and template variable have one name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list, dict."""

AttributeValue: TypeAlias = Any
"""An OTLP AnyValue as Python: None, str, bool, int, float, bytes, list, dict."""

Attributes: TypeAlias = Mapping[str, AttributeValue]

TimeNs: TypeAlias = int

DEFAULT_PROJECT = "default"
"""The one tenant while there are no keys."""

Kind: TypeAlias = Literal[
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "prompt",
    "span",
]
Status: TypeAlias = Literal["ok", "error", "unset"]
Verdict: TypeAlias = Literal["pass", "flag", "redact", "block", "error"]
TokensSource: TypeAlias = Literal["provider", "estimated"]
CostSource: TypeAlias = Literal["provider", "table", "estimated", "unpriced"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled"]

CALL_KINDS: tuple[Kind, ...] = ("llm", "embedding", "reranker")
"""Kinds that stand for one provider call each: only these carry tokens and money into roll-ups."""


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
class SpanEvent:
    name: str
    time: TimeNs
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class SpanLink:
    trace_id: str
    span_id: str
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class RawSpan:
    """A span as it came, decoded from OTLP and validated; nothing interpreted.

    ``leftover`` holds what the other fields do not (flags, dropped counts, schema URLs, scope attributes), by OTLP/JSON
    name and only where it is not the default, so that the span can be given back as it came.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    span_kind: int
    start_time: TimeNs
    end_time: TimeNs
    status_code: int
    status_message: str
    scope_name: str
    scope_version: str
    trace_state: str
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]
    events: list[SpanEvent]
    links: list[SpanLink]
    leftover: dict[str, Json]


@dataclass(slots=True)
class LogEvent:
    """A GenAI log record that belongs to a span: messages, call details, an evaluation result."""

    event_id: str
    trace_id: str
    span_id: str
    name: str
    time: TimeNs
    attributes: dict[str, AttributeValue]
    body: AttributeValue
    scope_name: str
    resource: dict[str, AttributeValue]


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
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
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


@dataclass(slots=True)
class Settled:
    """A span that is ready for the store: as it came, and as it was read.

    ``received_at`` orders the versions of one span: the newest holds.
    """

    project: str
    raw: RawSpan
    dialect: str | None
    call: Call
    received_at: TimeNs
    duplicate_of: str | None = None


@dataclass(slots=True, kw_only=True)
class Span(Call):
    """The canonical span: one row per span, as the store gives it and the API and pages show it.

    ``input_text`` and ``output_text`` are the messages as plain text. ``duration_ns`` is end minus start.
    """

    project: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    service: str | None
    environment: str | None
    scope: str | None
    dialect: str | None
    start_time: TimeNs
    end_time: TimeNs
    duration_ns: int
    status: Status
    status_message: str | None
    input_text: str | None
    output_text: str | None
    duplicate_of: str | None
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]
    events: list[SpanEvent]
    links: list[SpanLink]


@dataclass(slots=True, kw_only=True)
class TraceSummary:
    """One trace, rolled up: every provider call counted once.

    Attributes:
        name: the root span's name; while the root has not arrived, the earliest span's.
        status: ``error`` when the root span failed, or any span while the root has not arrived.
        errors: spans with status error.
        llm_calls: calls of kind llm; ``embedding_calls`` likewise.
        cost_usd: the sum of the priced calls; None when no call has a price.
        unpriced_calls: calls with unknown price, not part of ``cost_usd``.
        estimated_calls: calls whose tokens were counted by the collector.
        ttft_ns: time to first token of the first streamed call.
        guard_verdict: the worst verdict of all guards.
        scores: the latest value of each score, by name (value, or label where there is no value).
        input_preview: the first characters of what was asked; ``output_preview`` of what was answered.
    """

    trace_id: str
    name: str
    service: str | None
    environment: str | None
    start_time: TimeNs
    duration_ns: int
    status: Status
    spans: int
    errors: int
    llm_calls: int
    embedding_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    unpriced_calls: int
    estimated_calls: int
    ttft_ns: int | None
    models: list[str]
    user_id: str | None
    session_id: str | None
    tags: list[str]
    guard_verdict: Verdict | None
    scores: dict[str, float | str]
    input_preview: str | None
    output_preview: str | None


@dataclass(slots=True, kw_only=True)
class Score:
    """A judgement on a span, trace or session. Feedback is a score named ``feedback`` with value 1 or -1."""

    score_id: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    name: str
    value: float | None
    label: str | None
    comment: str | None
    source: str
    author: str | None
    evaluator_version: str | None
    created_at: TimeNs


@dataclass(slots=True)
class Trace:
    """A trace as the drill-down shows it: its roll-up, its spans in start order, its scores."""

    trace: TraceSummary
    spans: Sequence[Span]
    scores: Sequence[Score]


@dataclass(slots=True)
class TraceFilter:
    """Which traces (or spans) are asked for. A field left None does not filter. Times bound the span's start."""

    from_time: TimeNs | None = None
    to_time: TimeNs | None = None
    q: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    model: str | None = None
    service: str | None = None
    environment: str | None = None
    kind: str | None = None
    name: str | None = None
    status: str | None = None
    guard_verdict: str | None = None
    min_cost_usd: Decimal | None = None
    min_duration_ns: int | None = None
    trace_id: str | None = None


@dataclass(slots=True)
class TracePage:
    """One page of the list. ``next_cursor`` is None on the last page."""

    traces: list[TraceSummary]
    next_cursor: str | None


@dataclass(slots=True)
class Facets:
    """The values a filter can take, most frequent first, with their span counts, within a time range."""

    models: list[tuple[str, int]]
    services: list[tuple[str, int]]
    environments: list[tuple[str, int]]
    users: list[tuple[str, int]]
    sessions: list[tuple[str, int]]


@dataclass(slots=True)
class Stats:
    """What is queryable now, and what waits in the WAL."""

    spans: int
    traces: int
    llm_calls: int
    oldest: TimeNs | None
    newest: TimeNs | None
    disk_bytes: int
    wal_pending_spans: int
