"""The canonical span as columns, and back. Model and rows meet only here and in ``span_of_row.py``."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from telltale import semconv
from telltale_collector.model import (
    Call,
    DeadLetter,
    LogEvent,
    Message,
    Score,
    Settled,
    SpanEvent,
    SpanLink,
    TimeNs,
)
from telltale_collector.store.attributes import encode_attributes

Columns = dict[str, list[Any]]

SAME_AS_CALL = (
    "kind operation provider request_model response_model response_id tool_name tool_arguments tool_result "
    "input_tokens output_tokens cache_read_tokens cache_write_tokens cache_write_1h_tokens reasoning_tokens "
    "input_audio_tokens output_audio_tokens input_image_tokens output_image_tokens tokens_source "
    "cost_usd input_cost_usd output_cost_usd cache_savings_usd cost_source price_id "
    "ttft_ns stream finish_reason finish_reason_raw temperature top_p top_k max_tokens seed "
    "frequency_penalty presence_penalty stop_sequences choice_count reasoning_effort service_tier session_id user_id "
    "tags metadata prompt_name prompt_version prompt_hash guard_name guard_stage guard_verdict guard_reason "
    "guard_score cache_hit cache_key route route_reason route_baseline_model error_type"
).split()
"""Columns that are a field of the call, unchanged."""

STATUSES = ("unset", "ok", "error")
"""By OTLP status code."""

_NEAR = timedelta(days=90)


def texts_of(call: Call) -> list[str]:
    """The texts of a span that are stored once, in a fixed order; raw attributes refer to them by position."""
    return [
        *(message.content for message in call.input_messages),
        *(message.content for message in call.output_messages),
        *(document.content or "" for document in call.documents),
        call.tool_arguments or "",
        call.tool_result or "",
    ]


def span_columns(spans: Sequence[Settled]) -> Columns:
    """Columns of the table ``spans``."""
    columns: Columns = {name: [getattr(span.call, name) for span in spans] for name in SAME_AS_CALL}
    columns |= {name: [read(span) for span in spans] for name, read in _SPAN_COLUMNS.items()}
    columns |= _message_columns("input_messages", [span.call.input_messages for span in spans])
    columns |= _message_columns("output_messages", [span.call.output_messages for span in spans])
    columns |= _document_columns([span.call for span in spans])
    return columns | _attribute_columns(spans)


_SPAN_COLUMNS: dict[str, Callable[[Settled], Any]] = {
    "project": lambda span: span.project,
    "trace_id": lambda span: span.raw.trace_id,
    "span_id": lambda span: span.raw.span_id,
    "parent_span_id": lambda span: span.raw.parent_span_id,
    "name": lambda span: span.raw.name,
    "service": lambda span: _resource_text(span, semconv.SERVICE_NAME),
    "environment": lambda span: _resource_text(
        span, semconv.DEPLOYMENT_ENVIRONMENT, semconv.DEPLOYMENT_ENVIRONMENT_OLD
    ),
    "scope": lambda span: span.raw.scope_name or None,
    "dialect": lambda span: span.dialect,
    "start_time": lambda span: span.raw.start_time,
    "end_time": lambda span: span.raw.end_time,
    "status": lambda span: STATUSES[span.raw.status_code] if 0 <= span.raw.status_code < 3 else "unset",
    "status_message": lambda span: span.raw.status_message or None,
    "tools": lambda span: _json(span.call.tools) if span.call.tools else "",
    "duplicate_of": lambda span: span.duplicate_of,
    "events": lambda span: events_json(span.raw.events),
    "links": lambda span: links_json(span.raw.links),
    "span_kind": lambda span: span.raw.span_kind if 0 <= span.raw.span_kind < 256 else 0,
    "scope_version": lambda span: span.raw.scope_version,
    "trace_state": lambda span: span.raw.trace_state,
    "leftover": lambda span: _json(span.raw.leftover) if span.raw.leftover else "",
    "received_at": lambda span: span.received_at,
    "partition_date": lambda span: partition_date(span.raw.start_time, span.received_at),
}


def _resource_text(span: Settled, *keys: str) -> str | None:
    """A resource attribute; a few libraries put it on the span instead."""
    for source in (span.raw.resource, span.raw.attributes):
        for key in keys:
            if value := source.get(key):
                return str(value)
    return None


def partition_date(start_time: TimeNs, received_at: TimeNs) -> date:
    """The day of the start; the day of the arrival where the start lies more than 90 days from it."""
    started = datetime.fromtimestamp(start_time // 1_000_000_000, UTC)
    received = datetime.fromtimestamp(received_at // 1_000_000_000, UTC)
    return (started if abs(started - received) <= _NEAR else received).date()


def _message_columns(name: str, conversations: Iterable[Sequence[Message]]) -> Columns:
    roles, contents, extras = [], [], []
    for conversation in conversations:
        roles.append([message.role for message in conversation])
        contents.append([message.content for message in conversation])
        extras.append([_extra(message) for message in conversation])
    return {f"{name}.role": roles, f"{name}.content": contents, f"{name}.extra": extras}


def _extra(message: Message) -> str:
    """What a message has beside role and content, as JSON; "" when there is nothing."""
    extra = {
        "tool_calls": message.tool_calls,
        "tool_call_id": message.tool_call_id,
        "reasoning": message.reasoning,
        "parts": message.parts,
    }
    given = {key: value for key, value in extra.items() if value}
    return _json(given) if given else ""


def _document_columns(calls: Sequence[Call]) -> Columns:
    columns: Columns = {
        f"documents.{field}": [[getattr(document, field) for document in call.documents] for call in calls]
        for field in ("id", "content", "score", "rank")
    }
    columns["documents.metadata"] = [
        ["" if document.metadata is None else _json(document.metadata) for document in call.documents] for call in calls
    ]
    return columns


def _attribute_columns(spans: Sequence[Settled]) -> Columns:
    columns: Columns = {"attributes": [], "attribute_types": [], "resource": [], "resource_types": []}
    for span in spans:
        values, types = encode_attributes(span.raw.attributes, texts_of(span.call))
        columns["attributes"].append(values)
        columns["attribute_types"].append(types)
        values, types = encode_attributes(span.raw.resource)
        columns["resource"].append(values)
        columns["resource_types"].append(types)
    return columns


def events_json(events: Sequence[SpanEvent]) -> str:
    if not events:
        return ""
    return _json([{"name": e.name, "time": e.time, "attributes": _typed(e.attributes)} for e in events])


def links_json(links: Sequence[SpanLink]) -> str:
    if not links:
        return ""
    return _json([{"trace_id": k.trace_id, "span_id": k.span_id, "attributes": _typed(k.attributes)} for k in links])


def _typed(attributes: dict[str, Any]) -> list[Any]:
    """An attribute map inside a JSON column: values and types, as in the span's own columns."""
    return list(encode_attributes(attributes)) if attributes else []


def _json(value: Any) -> str:
    """JSON text; what JSON cannot hold as its repr."""
    try:
        return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # nested too deep, an integer over 64 bits
        return orjson.dumps(repr(value)).decode()


def log_event_columns(events: Sequence[tuple[str, LogEvent, TimeNs]]) -> Columns:
    """Columns of the table ``log_events`` of (project, event, received_at)."""
    return {
        "project": [project for project, _, _ in events],
        "trace_id": [event.trace_id for _, event, _ in events],
        "span_id": [event.span_id for _, event, _ in events],
        "event_id": [event.event_id for _, event, _ in events],
        "name": [event.name for _, event, _ in events],
        "time": [event.time for _, event, _ in events],
        "attributes": [_json(_typed(event.attributes)) for _, event, _ in events],
        "body": [_json(_typed({"body": event.body})) for _, event, _ in events],
        "scope": [event.scope_name for _, event, _ in events],
        "resource": [_json(_typed(event.resource)) for _, event, _ in events],
        "received_at": [received_at for _, _, received_at in events],
    }


def dead_letter_columns(letters: Sequence[DeadLetter]) -> Columns:
    """Columns of the table ``dead_letters``."""
    return {
        "project": [letter.project for letter in letters],
        "signal": [letter.signal for letter in letters],
        "reason": [letter.reason for letter in letters],
        "payload": [base64.b64encode(letter.payload).decode() for letter in letters],
        "received_at": [letter.received_at for letter in letters],
    }


_SCORE_FIELDS = (
    "score_id trace_id span_id session_id name value label comment source author evaluator_version created_at"
).split()


def score_columns(scores: Sequence[tuple[str, Score, TimeNs]]) -> Columns:
    """Columns of the table ``scores`` of (project, score, received_at)."""
    columns: Columns = {name: [getattr(score, name) for _, score, _ in scores] for name in _SCORE_FIELDS}
    columns["project"] = [project for project, _, _ in scores]
    columns["received_at"] = [received_at for _, _, received_at in scores]
    return columns
