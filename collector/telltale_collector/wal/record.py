"""The record format of a WAL segment.

    marker | body length u32 | CRC-32 of the body u32 | body
    body = received_at_ns u64 | signal u8 | items u32 | project length u16 | project (UTF-8) | payload

All integers little endian. ``payload`` is one OTLP export request in protobuf, or a small JSON of counts (OUTCOMES).
The marker lets a reader find the next good record after damage: 8 random bytes (see ``segments``), or ``TTW1`` in logs
of earlier versions.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"TTW1"
_LENGTH_AND_CRC = struct.Struct("<II")
_BODY = struct.Struct("<QBIH")


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


def encode(record: Record, marker: bytes = MAGIC) -> bytes:
    project = record.project.encode()
    head = _BODY.pack(record.received_at_ns, record.signal, record.items, len(project)) + project
    crc = zlib.crc32(record.payload, zlib.crc32(head))
    return b"".join((marker, _LENGTH_AND_CRC.pack(len(head) + len(record.payload), crc), head, record.payload))


def scan(data: bytes, marker: bytes = MAGIC, *, whole: bool = True) -> Iterator[Found | Unknown | Damage]:
    """Yield the records of ``data``, and the stretches between them that are none.

    Where ``data`` is not the whole stretch, what it cuts off is not yielded: neither a record nor damage may be judged
    by its first part, since a payload can hold what looks like a record.
    """
    at = 0
    while at < len(data):
        found = _record_at(data, at, marker)
        if found is not None:
            at = found.end
            yield found
            continue
        resume = at if not whole and _is_cut(data, at, marker) else _next_good(data, at + 1, marker, whole=whole)
        if resume == at or (resume == len(data) and not whole):
            return
        yield Damage(at, resume)
        at = resume


def heads(data: bytes, marker: bytes = MAGIC) -> Iterator[tuple[int, int, int, str]]:
    """(received_at_ns, signal, items, project) of the records that lie in ``data`` one after another, good or not."""
    at = 0
    while len(data) - at >= len(marker) + _LENGTH_AND_CRC.size + _BODY.size:
        body, end, _ = _header_at(data, at, marker)
        received_at_ns, signal, items, project_size = _BODY.unpack_from(data, body)
        project_at = body + _BODY.size
        if not data.startswith(marker, at) or end > len(data) or project_at + project_size > end:
            return
        project = data[project_at : project_at + project_size].decode(errors="replace")
        yield received_at_ns, signal, items, project
        at = end


def _next_good(data: bytes, at: int, marker: bytes, *, whole: bool) -> int:
    while (at := data.find(marker, at)) >= 0:
        if _record_at(data, at, marker) is not None:
            return at
        if not whole and _is_cut(data, at, marker):
            break
        at += 1
    return len(data)


def _is_cut(data: bytes, at: int, marker: bytes) -> bool:
    """Whether a record may begin here that ends behind ``data``."""
    if len(data) - at < len(marker) + _LENGTH_AND_CRC.size:
        return True
    return data.startswith(marker, at) and _header_at(data, at, marker)[1] > len(data)


def _header_at(data: bytes, at: int, marker: bytes) -> tuple[int, int, int]:
    """Where the body begins, where it ends, its CRC."""
    body = at + len(marker) + _LENGTH_AND_CRC.size
    length, crc = _LENGTH_AND_CRC.unpack_from(data, at + len(marker))
    return body, body + length, crc


def _record_at(data: bytes, at: int, marker: bytes) -> Found | Unknown | None:
    if not data.startswith(marker, at) or len(data) - at < len(marker) + _LENGTH_AND_CRC.size:
        return None
    body, end, crc = _header_at(data, at, marker)
    if end - body < _BODY.size or end > len(data):
        return None
    if zlib.crc32(memoryview(data)[body:end]) != crc:
        return None
    return _decode_body(data, at, body, end)


def _decode_body(data: bytes, start: int, body: int, end: int) -> Found | Unknown | None:
    received_at_ns, number, items, project_size = _BODY.unpack_from(data, body)
    project_at = body + _BODY.size
    payload_at = project_at + project_size
    if payload_at > end:
        return None
    signal = _SIGNALS.get(number)
    if signal is None:
        return Unknown(start, end, items)
    project = data[project_at:payload_at].decode(errors="replace")
    return Found(Record(received_at_ns, signal, items, project, data[payload_at:end]), end)
