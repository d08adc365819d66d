"""Calls put together: by tables of attribute names, and from several partial readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from telltale_collector.model import Attributes, Call, Kind

_FIELDS = tuple(field.name for field in fields(Call) if field.name != "kind")
_VALUES = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Named:
    """A canonical field, how its value is read, and the attributes that carry it: the first that reads holds."""

    field: str
    read: Callable[[Any], Any]
    keys: tuple[str, ...]


def read_named(call: Call, given: Attributes, table: tuple[Named, ...]) -> None:
    """Fill the fields of a table where they are open."""
    for named in table:
        for key in named.keys:
            if key in given and is_open(getattr(call, named.field)) and not is_open(found := named.read(given[key])):
                setattr(call, named.field, found)


def fill(call: Call, *others: Call) -> Call:
    """Complete a reading from others, the more trusted first. Kind "span" is an open kind."""
    for other in others:
        for name, found in zip(_FIELDS, _VALUES(other), strict=True):
            if (found or not is_open(found)) and is_open(getattr(call, name)):
                setattr(call, name, found)
        if call.kind == "span":
            call.kind = other.kind
    return call


def is_open(value: Any) -> bool:
    return value is None or (isinstance(value, (list, dict)) and not value)


_OPERATIONS: dict[Kind, str] = {
    "embedding": "embeddings",
    "retriever": "retrieval",
    "tool": "execute_tool",
    "agent": "invoke_agent",
}


def finish(call: Call) -> Call:
    """What follows from the other fields: operation from kind, sources from values, a stream from its first token."""
    if call.operation is None:
        asked = call.input_messages or call.output_messages
        call.operation = "chat" if call.kind == "llm" and asked else _OPERATIONS.get(call.kind)
    cached = (call.cache_read_tokens or 0) + (call.cache_write_tokens or 0)
    if call.input_tokens is not None and cached > call.input_tokens:
        call.input_tokens += cached  # parts cannot exceed their total: this source counts them apart
    if call.input_tokens is not None or call.output_tokens is not None:
        call.tokens_source = call.tokens_source or "provider"
    if call.cost_usd is not None and call.cost_source is None:
        call.cost_source = "provider"
    if call.ttft_ns is not None and call.stream is None:
        call.stream = True
    return call
