"""The canonical span as columns, and back. Model and rows meet only here and in ``span_of_row.py``."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson

from telltale import semconv
from telltale_collector.model import (
    Call,
    DeadLetter,
    LogEvent,
    Message,
    RawSpan,
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

_DAY_NS: TimeNs = 86_400 * 1_000_000_000
_NEAR_NS = 45 * _DAY_NS
_NONE: list[Any] = []
"""An empty array, shared: nobody changes a column."""


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
    calls = [span.call for span in spans]
    raws = [span.raw for span in spans]
    columns: Columns = {name: list(map(attrgetter(name), calls)) for name in SAME_AS_CALL}
    columns |= {name: list(map(attrgetter(field), raws)) for name, field in _SAME_AS_RAW.items()}
    columns |= {name: list(map(attrgetter(name), spans)) for name in _SAME_AS_SETTLED}
    columns |= {name: list(map(read, spans)) for name, read in _SPAN_COLUMNS.items()}
    columns |= _message_columns("input_messages", [call.input_messages for call in calls])
    columns |= _message_columns("output_messages", [call.output_messages for call in calls])
    columns |= _document_columns(calls)
    return columns | _attribute_columns(spans) | _resource_columns(raws)


_SAME_AS_SETTLED = ("project", "dialect", "received_at", "duplicate_of")
_SAME_AS_RAW = {
    "trace_id": "trace_id",
    "span_id": "span_id",
    "parent_span_id": "parent_span_id",
    "name": "name",
    "start_time": "start_time",
    "end_time": "end_time",
    "scope_version": "scope_version",
    "trace_state": "trace_state",
}
"""Columns that are a field of the span as it came, unchanged."""

_SPAN_COLUMNS: dict[str, Callable[[Settled], Any]] = {
    "service": lambda span: _resource_text(span, semconv.SERVICE_NAME),
    "environment": lambda span: _resource_text(
        span, semconv.DEPLOYMENT_ENVIRONMENT, semconv.DEPLOYMENT_ENVIRONMENT_OLD
    ),
    "scope": lambda span: span.raw.scope_name or None,
    "status": lambda span: STATUSES[span.raw.status_code] if 0 <= span.raw.status_code < 3 else "unset",
    "status_message": lambda span: span.raw.status_message or None,
    "tools": lambda span: _json(span.call.tools) if span.call.tools else "",
    "is_open": lambda span: span.raw.is_open,
    "events": lambda span: events_json(span.raw.events) if span.raw.events else "",
    "links": lambda span: links_json(span.raw.links) if span.raw.links else "",
    "span_kind": lambda span: span.raw.span_kind if 0 <= span.raw.span_kind < 256 else 0,
    "leftover": lambda span: _json(span.raw.leftover) if span.raw.leftover else "",
    "partition_date": lambda span: partition_date(span.raw.start_time, span.raw.arrival(span.received_at)),
}


def _resource_text(span: Settled, *keys: str) -> str | None:
    """A resource attribute; a few libraries put it on the span instead."""
    for source in (span.raw.resource, span.raw.attributes):
        for key in keys:
            if value := source.get(key):
                return str(value)
    return None


def partition_date(start_time: TimeNs, received_at: TimeNs) -> date:
    """The day of the start; the day of the arrival where the start lies more than 45 days from it."""
    return _day((start_time if abs(start_time - received_at) <= _NEAR_NS else received_at) // _DAY_NS)


@lru_cache(maxsize=1024)
def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _message_columns(name: str, conversations: Sequence[Sequence[Message]]) -> Columns:
    return {
        f"{name}.role": [[message.role for message in said] if said else _NONE for said in conversations],
        f"{name}.content": [[message.content for message in said] if said else _NONE for said in conversations],
        f"{name}.extra": [[_extra(message) for message in said] if said else _NONE for said in conversations],
    }


def _extra(message: Message) -> str:
    """What a message has beside role and content, as JSON; "" when there is nothing."""
    if not (message.tool_calls or message.tool_call_id or message.reasoning or message.parts):
        return ""
    extra = {
        "tool_calls": message.tool_calls,
        "tool_call_id": message.tool_call_id,
        "reasoning": message.reasoning,
        "parts": message.parts,
    }
    return _json({key: value for key, value in extra.items() if value})


def _document_columns(calls: Sequence[Call]) -> Columns:
    found = [call.documents for call in calls]
    columns: Columns = {
        f"documents.{field}": [list(map(attrgetter(field), documents)) if documents else _NONE for documents in found]
        for field in ("id", "content", "score", "rank")
    }
    columns["documents.metadata"] = [
        ["" if document.metadata is None else _json(document.metadata) for document in documents]
        if documents
        else _NONE
        for documents in found
    ]
    return columns


def _attribute_columns(spans: Sequence[Settled]) -> Columns:
    encoded = [encode_attributes(span.raw.attributes, texts_of(span.call)) for span in spans]
    return {"attributes": [values for values, _ in encoded], "attribute_types": [types for _, types in encoded]}


def _resource_columns(raws: Sequence[RawSpan]) -> Columns:
    """The spans of a request share their resource: it is encoded once."""
    by_identity = {id(raw.resource): raw.resource for raw in raws}
    encoded = {key: encode_attributes(resource) for key, resource in by_identity.items()}
    return {
        "resource": [encoded[id(raw.resource)][0] for raw in raws],
        "resource_types": [encoded[id(raw.resource)][1] for raw in raws],
    }


def events_json(events: Sequence[SpanEvent]) -> str:
    """JSON; "" for none."""
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
