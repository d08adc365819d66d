"""The record format of a WAL segment.

    magic "TTW1" | body length u32 | CRC-32 of the body u32 | body
    body = received_at_ns u64 | signal u8 | items u32 | project length u16 | project (UTF-8) | payload

All integers little endian. ``payload`` is one OTLP export request in protobuf, or a small JSON of counts (OUTCOMES).
The magic lets a reader find the next good record after damage.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"TTW1"
_HEADER = struct.Struct("<4sII")
_BODY = struct.Struct("<QBIH")
HEADER_SIZE = _HEADER.size


class Signal(IntEnum):
    """What a record's payload is."""

    TRACES = 1
    LOGS = 2
    METRICS = 3
    OUTCOMES = 4


_SIGNALS = {signal.value: signal for signal in Signal}


@dataclass(slots=True)
class Record:
    """One acknowledged request. ``items`` counts its spans, log records or metric points."""

    received_at_ns: int
    signal: Signal
    items: int
    project: str
    payload: bytes


@dataclass(slots=True)
class Found:
    """A good record and where it ends."""

    record: Record
    end: int


@dataclass(slots=True)
class Unknown:
    """Bytes ``start:end`` are a whole record of a signal that only a newer version knows, with that many items."""

    start: int
    end: int
    items: int


@dataclass(slots=True)
class Damage:
    """Bytes ``start:end`` that are no good record, in the middle or at the end of what was read."""

    start: int
    end: int


def encode(record: Record) -> bytes:
    project = record.project.encode()
    head = _BODY.pack(record.received_at_ns, record.signal, record.items, len(project)) + project
    crc = zlib.crc32(record.payload, zlib.crc32(head))
    return b"".join((_HEADER.pack(MAGIC, len(head) + len(record.payload), crc), head, record.payload))


def scan(data: bytes, *, whole: bool = True) -> Iterator[Found | Unknown | Damage]:
    """Yield the records of ``data``, and the stretches between them that are none.

    Where ``data`` is not the whole stretch, what it cuts off is not yielded: neither a record nor damage may be judged
    by its first part, since a payload can hold what looks like a record.
    """
    at = 0
    while at < len(data):
        found = _record_at(data, at)
        if found is not None:
            at = found.end
            yield found
            continue
        resume = at if not whole and _is_cut(data, at) else _next_good(data, at + 1, whole=whole)
        if resume == at or (resume == len(data) and not whole):
            return
        yield Damage(at, resume)
        at = resume


def heads(data: bytes) -> Iterator[tuple[int, int, int, str]]:
    """(received_at_ns, signal, items, project) of the records that lie in ``data`` one after another, good or not."""
    at = 0
    while len(data) - at >= HEADER_SIZE + _BODY.size:
        magic, length, _ = _HEADER.unpack_from(data, at)
        end = at + HEADER_SIZE + length
        received_at_ns, signal, items, project_size = _BODY.unpack_from(data, at + HEADER_SIZE)
        project_at = at + HEADER_SIZE + _BODY.size
        if magic != MAGIC or end > len(data) or project_at + project_size > end:
            return
        project = data[project_at : project_at + project_size].decode(errors="replace")
        yield received_at_ns, signal, items, project
        at = end


def _next_good(data: bytes, at: int, *, whole: bool) -> int:
    while (at := data.find(MAGIC, at)) >= 0:
        if _record_at(data, at) is not None:
            return at
        if not whole and _is_cut(data, at):
            break
        at += 1
    return len(data)


def _is_cut(data: bytes, at: int) -> bool:
    """Whether a record may begin here that ends behind ``data``."""
    if len(data) - at < HEADER_SIZE:
        return True
    magic, length, _ = _HEADER.unpack_from(data, at)
    return bool(magic == MAGIC and at + HEADER_SIZE + length > len(data))


def _record_at(data: bytes, at: int) -> Found | Unknown | None:
    if len(data) - at < HEADER_SIZE:
        return None
    magic, length, crc = _HEADER.unpack_from(data, at)
    end = at + HEADER_SIZE + length
    if magic != MAGIC or length < _BODY.size or end > len(data):
        return None
    if zlib.crc32(memoryview(data)[at + HEADER_SIZE : end]) != crc:
        return None
    return _decode_body(data, at, end)


def _decode_body(data: bytes, start: int, end: int) -> Found | Unknown | None:
    at = start + HEADER_SIZE
    received_at_ns, number, items, project_size = _BODY.unpack_from(data, at)
    project_at = at + _BODY.size
    payload_at = project_at + project_size
    if payload_at > end:
        return None
    signal = _SIGNALS.get(number)
    if signal is None:
        return Unknown(start, end, items)
    project = data[project_at:payload_at].decode(errors="replace")
    return Found(Record(received_at_ns, signal, items, project, data[payload_at:end]), end)
