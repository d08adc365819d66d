"""Rows of the store as the model's objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from telltale_collector.model import (
    Call,
    Document,
    Json,
    LogEvent,
    Message,
    RawSpan,
    Score,
    Span,
    SpanEvent,
    SpanLink,
)
from telltale_collector.store.attributes import decode_attributes
from telltale_collector.store.rows import STATUSES

Row = Mapping[str, Any]


def span_of_row(row: Row) -> Span:
    """A row of ``spans`` with all its columns."""
    return Span(**{name: read_field(name, row) for name in SPAN_FIELDS})


SPAN_FIELDS = tuple(Span.__dataclass_fields__)


def columns_of(fields: Iterable[str]) -> list[str]:
    """The columns that the given fields of a span are read from."""
    return sorted({column for name in fields for column in _SOURCES.get(name, (name,))})


def read_field(name: str, row: Row) -> Any:
    """One field of a span, from a row that has at least the columns of ``columns_of``."""
    read = _READERS.get(name)
    return row[name] if read is None else read(row)


def call_of_row(row: Row) -> Call:
    """What was read out of a stored span, messages without a role included."""
    call = Call(**{name: read_field(name, row) for name in Call.__dataclass_fields__})
    call.input_messages = _messages(row, "input_messages")
    call.output_messages = _messages(row, "output_messages")
    return call


def raw_span_of_row(row: Row) -> RawSpan:
    """The span as it came, for reading it again."""
    return RawSpan(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_span_id=row["parent_span_id"],
        name=row["name"],
        span_kind=row["span_kind"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        status_code=STATUSES.index(row["status"]),
        status_message=row["status_message"] or "",
        scope_name=row["scope"] or "",
        scope_version=row["scope_version"],
        trace_state=row["trace_state"],
        attributes=decode_attributes(row["attributes"], row["attribute_types"], _texts(row)),
        resource=decode_attributes(row["resource"], row["resource_types"]),
        events=_events(row),
        links=_links(row),
        leftover=orjson.loads(row["leftover"]) if row["leftover"] else {},
    )


def _texts(row: Row) -> list[str]:
    """In the order of ``rows.texts_of``."""
    return [
        *row["input_messages.content"],
        *row["output_messages.content"],
        *(content or "" for content in row["documents.content"]),
        row["tool_arguments"] or "",
        row["tool_result"] or "",
    ]


def _messages(row: Row, name: str) -> list[Message]:
    columns = [row[f"{name}.{part}"] for part in _MESSAGE_PARTS]
    return [
        Message(role, content, **(orjson.loads(extra) if extra else {}))
        for role, content, extra in zip(*columns, strict=True)
    ]


def _text(messages: list[Message]) -> str | None:
    return "\n\n".join(message.content for message in messages if message.content) or None


def _documents(row: Row) -> list[Document]:
    columns = [row[f"documents.{field}"] for field in _DOCUMENT_PARTS]
    return [
        Document(id_, content, score, rank, _json(metadata))
        for id_, content, score, rank, metadata in zip(*columns, strict=True)
    ]


_MESSAGE_PARTS = ("role", "content", "extra")
_DOCUMENT_PARTS = ("id", "content", "score", "rank", "metadata")


def _json(text: str) -> Json:
    return orjson.loads(text) if text else None


def _untyped(pair: list[Any]) -> dict[str, Any]:
    return decode_attributes(*pair) if pair else {}


def _events(row: Row) -> list[SpanEvent]:
    return [SpanEvent(e["name"], e["time"], _untyped(e["attributes"])) for e in _json(row["events"]) or []]


def _links(row: Row) -> list[SpanLink]:
    links = _json(row["links"]) or []
    return [SpanLink(k["trace_id"], k["span_id"], _untyped(k["attributes"])) for k in links]


def log_event_of_row(row: Row) -> LogEvent:
    return LogEvent(
        event_id=row["event_id"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        name=row["name"],
        time=row["time"],
        attributes=_untyped(orjson.loads(row["attributes"])),
        body=_untyped(orjson.loads(row["body"])).get("body"),
        scope_name=row["scope"],
        resource=_untyped(orjson.loads(row["resource"])),
    )


def score_of_row(row: Row) -> Score:
    return Score(**{name: row[name] for name in Score.__dataclass_fields__})


_INPUT = tuple(f"input_messages.{part}" for part in _MESSAGE_PARTS)
_OUTPUT = tuple(f"output_messages.{part}" for part in _MESSAGE_PARTS)
_DOCUMENTS = tuple(f"documents.{part}" for part in _DOCUMENT_PARTS)

_SOURCES: dict[str, tuple[str, ...]] = {
    "input_messages": _INPUT,
    "output_messages": _OUTPUT,
    "input_text": (*_INPUT, "tool_arguments"),
    "output_text": (*_OUTPUT, "tool_result"),
    "documents": _DOCUMENTS,
    "duration_ns": ("start_time", "end_time"),
    "attributes": (
        "attributes",
        "attribute_types",
        "input_messages.content",
        "output_messages.content",
        "documents.content",
        "tool_arguments",
        "tool_result",
    ),
    "resource": ("resource", "resource_types"),
}
"""Fields that are not a column of their own name."""

_READERS: dict[str, Callable[[Row], Any]] = {
    "input_messages": lambda row: [message for message in _messages(row, "input_messages") if message.role],
    "output_messages": lambda row: [message for message in _messages(row, "output_messages") if message.role],
    "input_text": lambda row: _text(_messages(row, "input_messages")) or row["tool_arguments"],
    "output_text": lambda row: _text(_messages(row, "output_messages")) or row["tool_result"],
    "tools": lambda row: orjson.loads(row["tools"]) if row["tools"] else [],
    "documents": _documents,
    "duration_ns": lambda row: row["end_time"] - row["start_time"],
    "attributes": lambda row: decode_attributes(row["attributes"], row["attribute_types"], _texts(row)),
    "resource": lambda row: decode_attributes(row["resource"], row["resource_types"]),
    "events": _events,
    "links": _links,
}
