"""The record format of a WAL segment.

    magic "TTW1" | body length u32 | CRC-32 of the body u32 | body
    body = received_at_ns u64 | signal u8 | items u32 | project length u16 | project (UTF-8) | payload

All integers little endian. ``payload`` is one OTLP export request in protobuf. The magic lets a reader find the next
good record after damage.
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


@dataclass(frozen=True, slots=True)
class Record:
    """One acknowledged request. ``items`` counts its spans or log records."""

    received_at_ns: int
    signal: Signal
    items: int
    project: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A good record and where it ends."""

    record: Record
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes ``start:end`` that are no good record, in the middle or at the end of what was read."""

    start: int
    end: int


def encode(record: Record) -> bytes:
    project = record.project.encode()
    head = _BODY.pack(record.received_at_ns, record.signal, record.items, len(project))
    body = b"".join((head, project, record.payload))
    return _HEADER.pack(MAGIC, len(body), zlib.crc32(body)) + body


def scan(data: bytes, start: int = 0) -> Iterator[Found | Damage]:
    """Yield the records of ``data`` from offset ``start``, and the stretches between them that are none."""
    at = start
    while at < len(data):
        found = _record_at(data, at)
        if found is not None:
            yield found
            at = found.end
            continue
        resume = _next_good(data, at + 1)
        yield Damage(at, resume)
        at = resume


def _next_good(data: bytes, at: int) -> int:
    while (at := data.find(MAGIC, at)) >= 0:
        if _record_at(data, at) is not None:
            return at
        at += 1
    return len(data)


def _record_at(data: bytes, at: int) -> Found | None:
    if len(data) - at < HEADER_SIZE:
        return None
    magic, length, crc = _HEADER.unpack_from(data, at)
    end = at + HEADER_SIZE + length
    if magic != MAGIC or length < _BODY.size or end > len(data):
        return None
    body = data[at + HEADER_SIZE : end]
    if zlib.crc32(body) != crc:
        return None
    record = _decode_body(body)
    return None if record is None else Found(record, end)


def _decode_body(body: bytes) -> Record | None:
    received_at_ns, signal, items, project_size = _BODY.unpack_from(body)
    payload_at = _BODY.size + project_size
    if signal not in Signal._value2member_map_ or payload_at > len(body):
        return None
    project = body[_BODY.size : payload_at].decode(errors="replace")
    return Record(received_at_ns, Signal(signal), items, project, body[payload_at:])
