"""Calls put together: by tables of attribute names, and from several partial readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from telltale_collector.dialects._names import Names, remembered
from telltale_collector.model import Attributes, Call, Kind

_FIELDS = tuple(field.name for field in fields(Call) if field.name != "kind")
_VALUES = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Named:
    """A canonical field, how its value is read, and the attributes that carry it: the first that reads holds."""

    field: str
    read: Callable[[Any], Any]
    keys: tuple[str, ...]


class Table:
    """Canonical fields by attribute name."""

    def __init__(self, *entries: Named) -> None:
        self._entries = entries
        self._plan = remembered(self._work_out)

    def fill(self, call: Call, given: Attributes) -> None:
        """Fill the fields that are open."""
        for named, key in self._plan(given):
            if is_open(getattr(call, named.field)) and not is_open(found := named.read(given[key])):
                setattr(call, named.field, found)

    def _work_out(self, names: Names) -> tuple[tuple[Named, str], ...]:
        """The entries and their attributes that are among the names, in the order in which they are tried."""
        there = frozenset(names)
        return tuple((named, key) for named in self._entries for key in named.keys if key in there)


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
