"""What is asked of the store, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from telltale_collector.model.primitives import Status, TimeNs, Verdict
from telltale_collector.model.span import Span


@dataclass(slots=True, kw_only=True)
class TraceSummary:
    """One trace, rolled up: every provider call counted once.

    Attributes:
        name: the root span's name; while the root has not arrived, the earliest span's.
        status: ``error`` when the root span failed, or any span while the root has not arrived.
        errors: spans with status error.
        open_spans: spans whose end has not come.
        last_sign: when the process of these was last heard of; None where there are none.
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
    open_spans: int
    last_sign: TimeNs | None
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


@dataclass(slots=True, kw_only=True)
class SetAside:
    """A dead letter without its payload."""

    letter_id: str
    signal: str
    reason: str
    received_at: TimeNs
    size_bytes: int


@dataclass(slots=True)
class Trace:
    """A trace as the drill-down shows it: its roll-up, its spans in start order, its scores."""

    trace: TraceSummary
    spans: Sequence[Span]
    scores: Sequence[Score]


@dataclass(slots=True)
class TraceFilter:
    """Which traces (or spans) are asked for. A field left None does not filter. Times bound the span's start.

    ``has`` and what follows it are about single provider calls: such a call has the model, service, environment, user,
    session and prompt that are asked for, too.
    """

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
    prompt_name: str | None = None
    prompt_version: str | None = None
    has: str | None = None
    min_call_ns: int | None = None
    min_ttft_ns: int | None = None


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
