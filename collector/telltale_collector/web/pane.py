"""One span, told in full: what went in, what came out, what it cost, and everything raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.model import CALL_KINDS
from telltale_collector.web import format as formats
from telltale_collector.web.conversation import Turn, turn
from telltale_collector.web.documents import Shelf, shelves_for
from telltale_collector.web.texts import CUT_AT, Fact, Text, cut, cut_if_any, facts, plain

if TYPE_CHECKING:
    from telltale_collector.model import Score, Span, SpanEvent, Trace


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the span failed: from its status and its exception event."""

    kind: str | None
    message: str | None
    stacktrace: Text | None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event: when from the span's start, and its attributes."""

    event: SpanEvent
    offset_ns: int
    attributes: list[Fact]


@dataclass(frozen=True, slots=True)
class Pane:
    """What the right half of the trace page shows.

    Attributes:
        span: the chosen span.
        is_call: whether it stands for a provider call.
        turns: its input messages, then (from ``answers``) its output messages.
        input, output: as text, where there are no messages.
        shelves: the documents it retrieved, or that were retrieved before it answered.
    """

    span: Span
    is_call: bool
    is_full: bool
    turns: list[Turn]
    answers: list[Turn]
    input: Text | None
    output: Text | None
    shelves: list[Shelf]
    failed: Failed | None
    pace: str | None
    parameters: list[Fact]
    tools: list[Text]
    scores: list[Score]
    events: list[Happened]
    attributes: list[Fact]
    resource: list[Fact]


def build_pane(trace: Trace, span: Span, *, full: bool) -> Pane:
    """The pane of ``span``; texts are cut at 20,000 characters unless ``full``."""
    limit = None if full else CUT_AT
    has_messages = bool(span.input_messages or span.output_messages)
    return Pane(
        span=span,
        is_call=span.kind in CALL_KINDS,
        is_full=full,
        turns=[turn(message, limit) for message in span.input_messages],
        answers=[turn(message, limit) for message in span.output_messages],
        input=None if has_messages else cut_if_any(span.tool_arguments or span.input_text, limit),
        output=None if has_messages else cut_if_any(span.tool_result or span.output_text, limit),
        shelves=shelves_for(trace, span, limit),
        failed=_failed(span, limit),
        pace=formats.tokens_per_second(span.output_tokens, span.duration_ns, span.ttft_ns),
        parameters=_parameters(span),
        tools=[cut(tool, limit) for tool in span.tools],
        scores=[score for score in trace.scores if score.span_id == span.span_id],
        events=[_happened(event, span) for event in span.events],
        attributes=facts(span.attributes),
        resource=facts(span.resource),
    )


def chosen_span(trace: Trace, span_id: str | None) -> Span:
    """The span asked for; else the first model call, else the first span."""
    for span in trace.spans:
        if span.span_id == span_id:
            return span
    calls = [span for span in trace.spans if span.kind == "llm" and span.duplicate_of is None]
    roots = [span for span in trace.spans if span.parent_span_id is None]
    return [*calls, *roots, *trace.spans][0]


def _failed(span: Span, limit: int | None) -> Failed | None:
    if span.status != "error":
        return None
    thrown = next((event.attributes for event in span.events if event.name == "exception"), {})
    kind = span.error_type or thrown.get("exception.type")
    message = span.status_message or thrown.get("exception.message")
    trace = thrown.get("exception.stacktrace")
    return Failed(
        kind=None if kind is None else str(kind),
        message=None if message is None else str(message),
        stacktrace=None if trace is None else cut(trace, limit),
    )


_PARAMETERS: Final = (
    ("temperature", "temperature"),
    ("top_p", "top p"),
    ("top_k", "top k"),
    ("max_tokens", "max tokens"),
    ("seed", "seed"),
    ("frequency_penalty", "frequency penalty"),
    ("presence_penalty", "presence penalty"),
    ("stop_sequences", "stop sequences"),
    ("choice_count", "choices"),
    ("reasoning_effort", "reasoning effort"),
    ("stream", "stream"),
    ("response_id", "response id"),
    ("finish_reason_raw", "finish reason as sent"),
    ("prompt_hash", "prompt hash"),
    ("cache_hit", "response cache hit"),
    ("cache_key", "response cache key"),
    ("route", "route"),
    ("route_reason", "route reason"),
    ("route_baseline_model", "route baseline model"),
    ("dialect", "dialect"),
    ("scope", "instrumentation"),
)


def _parameters(span: Span) -> list[Fact]:
    values = [(label, getattr(span, name)) for name, label in _PARAMETERS]
    return [Fact(label, plain(value)) for label, value in values if value is not None and value != []]


def _happened(event: SpanEvent, span: Span) -> Happened:
    return Happened(event, event.time - span.start_time, facts(event.attributes))
