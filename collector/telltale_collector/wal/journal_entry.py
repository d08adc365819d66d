"""The entries of a journal: 64 bytes each, so that a torn one never takes its neighbours with it.

    entry = magic "TTJ1" | CRC-32 of the rest u32 | kind u64 | log u64 | four numbers u64 | 8 bytes zero

    OPENED  boot id (two numbers), checkpoint      a process began
    SEALED  start, end                             the bounds of a batch; it may be handed out
    STORED  checkpoint, 0, 0                       everything before it is in the store
    CLOSED  checkpoint, 0, 0                       the process ended in good order

All integers little endian. ``log`` is the CRC-32 of the log's id: a foreign journal in the folder is not believed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from telltale_collector.wal.position import Bounds, Position

MAGIC = b"TTJ1"
ENTRY_BYTES = 64
_HEAD = struct.Struct("<4sI")
_REST = struct.Struct("<6Q8x")


class Kind(IntEnum):
    OPENED = 1
    SEALED = 2
    STORED = 3
    CLOSED = 4


_KINDS = {kind.value: kind for kind in Kind}


class Entry(NamedTuple):
    kind: Kind
    first: Position
    second: Position

    @property
    def bounds(self) -> Bounds:
        """Of SEALED."""
        return Bounds(self.first, self.second)

    @property
    def checkpoint(self) -> Position:
        """Of OPENED, STORED and CLOSED."""
        return self.second if self.kind is Kind.OPENED else self.first


NOWHERE = Position(0, 0)


def encode(entry: Entry, log: int) -> bytes:
    rest = _REST.pack(entry.kind, log, *entry.first, *entry.second)
    return _HEAD.pack(MAGIC, zlib.crc32(rest)) + rest


def decode(data: bytes, log: int) -> Iterator[Entry]:
    """The whole entries of a journal file that are of this log, in order; anything else is passed over."""
    for at in range(0, len(data) - ENTRY_BYTES + 1, ENTRY_BYTES):
        magic, crc = _HEAD.unpack_from(data, at)
        if magic != MAGIC or zlib.crc32(data[at + _HEAD.size : at + ENTRY_BYTES]) != crc:
            continue
        number, owner, a, b, c, d = _REST.unpack_from(data, at + _HEAD.size)
        kind = _KINDS.get(number)
        if kind is not None and owner == log:
            yield Entry(kind, Position(a, b), Position(c, d))
