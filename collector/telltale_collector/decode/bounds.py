"""Keeping a huge item within what a store and a page can carry. Only large requests come here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from telltale_collector.decode.findings import Findings, mended_attribute
from telltale_collector.decode.wire import BYTES, Unreadable, fields
from telltale_collector.errors import TooLarge

LARGE_BYTES = 1 << 20
"""Smaller requests are not looked at, smaller items of larger ones neither."""

MAX_ITEMS = 250_000
"""Items of one request: 64 MiB hold as many real spans at the very most; empty ones would take gigabytes."""

MAX_FIELDS = 1_500_000
"""Fields of all heavy items together."""

MAX_TEXT = 4 << 20
"""Characters of a text, bytes of a binary value: a long context of a model (1M tokens) stays whole."""

MAX_COUNTS = {"attributes": 10_000, "events": 2_000, "links": 2_000, "values": 100_000}
"""Elements kept of a list; values are those of one array (an embedding has some thousands)."""

MAX_ELEMENTS = 300_000
"""Elements kept of all lists of one item together: each costs a microsecond more than once."""

_DROPPED = {"attributes": "dropped_attributes_count", "events": "dropped_events_count", "links": "dropped_links_count"}
_HEAVY_BYTES = 64 << 10
_MAX_COUNT = 2**32 - 1
_UNNAMED = frozenset({"KeyValue", "AnyValue", "ArrayValue", "KeyValueList"})
_UNITS = {FieldDescriptor.TYPE_STRING: "characters", FieldDescriptor.TYPE_BYTES: "bytes"}


def refuse_too_many_parts(body: bytes) -> None:
    """Count items, and the fields of heavy ones, without decoding them: that would take fifty times their bytes.

    Raises:
        TooLarge: there are more than ``MAX_ITEMS``, or ``MAX_FIELDS``.
    """
    try:
        items = [(0, len(body))]
        for _ in range(3):
            items = _contents(body, items)
        _count_fields(body, [(start, end) for start, end in items if end - start > _HEAVY_BYTES])
    except Unreadable:
        return  # the decoder says what is wrong


def _contents(body: bytes, messages: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches that the fields of these messages fill."""
    found = list(islice(chain.from_iterable(fields(body, start, end) for start, end in messages), MAX_ITEMS + 1))
    if len(found) > MAX_ITEMS:
        raise TooLarge(f"the request holds more than {MAX_ITEMS} items", "send smaller batches")
    return [(content, after) for _, kind, _, content, after in found if kind == BYTES]


def _count_fields(body: bytes, items: list[tuple[int, int]]) -> None:
    found = chain.from_iterable(fields(body, start, end) for start, end in items)
    if next(islice(found, MAX_FIELDS, None), None):
        raise TooLarge(f"large items hold more than {MAX_FIELDS} attributes, events and links", "send smaller items")


def bound_items(request: Message, findings: Findings) -> None:
    """Cut what is too long in large items; each item says so in its attributes."""
    for item in _items_of(request):
        if item.ByteSize() <= LARGE_BYTES:
            continue
        cut = _Cut()
        cut.message(item, "")
        if not cut.notes:
            continue
        findings.mended(getattr(item, "name", "") or getattr(item, "event_name", ""), cut.notes)
        if "attributes" in item.DESCRIPTOR.fields_by_name:
            item.attributes.append(mended_attribute(cut.notes))


def _items_of(request: Message) -> Iterator[Any]:
    """Spans or log records, the messages three levels into a request; or the points of the metrics there."""
    level: list[Any] = [request]
    for _ in range(3):
        level = [
            child
            for message in level
            for field, value in message.ListFields()
            if field.is_repeated and field.type == FieldDescriptor.TYPE_MESSAGE
            for child in value
        ]
    for item in level:
        yield from _points_of(item) if item.DESCRIPTOR.name == "Metric" else (item,)


def _points_of(metric: Any) -> Any:
    """A metric may hold as many points as the request has room for."""
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).data_points if kind else ()


class _Cut:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self._left = MAX_ELEMENTS

    def message(self, message: Any, path: str) -> None:
        """Texts and lists of a message and of all in it."""
        kind = message.DESCRIPTOR.name
        if kind == "KeyValue":
            path = f"{path}[{message.key[:60]}]"
        for field, value in message.ListFields():
            where = path if kind in _UNNAMED else f"{path}.{field.name}".lstrip(".")
            if field.is_repeated:
                self._list(message, field, value, where)
            elif field.type == FieldDescriptor.TYPE_MESSAGE:
                self.message(value, where)
            elif field.type in _UNITS and len(value) > MAX_TEXT:
                setattr(message, field.name, value[:MAX_TEXT])
                self._note(where, MAX_TEXT, len(value), _UNITS[field.type])

    def _list(self, message: Any, field: FieldDescriptor, elements: Any, where: str) -> None:
        given = len(elements)
        kept = min(MAX_COUNTS.get(field.name, MAX_ELEMENTS), self._left)
        if given > kept:
            del elements[kept:]
            self._note(where, kept, given, "elements")
            self._count_dropped(message, field, given - kept)
        self._left -= len(elements)
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for element in elements:
                self.message(element, where)

    def _count_dropped(self, message: Any, field: FieldDescriptor, dropped: int) -> None:
        counter = _DROPPED.get(field.name, "")
        if counter in message.DESCRIPTOR.fields_by_name:
            setattr(message, counter, min(getattr(message, counter) + dropped, _MAX_COUNT))

    def _note(self, where: str, kept: int, given: int, unit: str) -> None:
        self.notes.append(f"cut: kept {kept} of {given} {unit} of {where[:120]}")
