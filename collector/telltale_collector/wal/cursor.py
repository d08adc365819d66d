"""The cursor file: how far the store has got, and which batch is being stored.

Two slots of 64 bytes are written in turn, each with a sequence number and a CRC: a torn write leaves the other slot.

    slot = sequence u64 | checkpoint segment u64 | offset u64 | sealed segment u64 | offset u64 | CRC-32 u32
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem

_SLOT = struct.Struct("<5Q")
_CRC = struct.Struct("<I")
_SLOT_SIZE = 64


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the log: segment number, byte offset."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything before ``checkpoint`` is stored; ``checkpoint:sealed`` is the batch under way (equal: none)."""

    checkpoint: Position
    sealed: Position


class CursorFile:
    def __init__(self, fs: FileSystem, path: Path) -> None:
        self._fs = fs
        self._path = path
        self._sequence = 0

    def load(self) -> Cursor | None:
        """The newest whole slot, or None when there is none yet."""
        if self._path.name not in self._fs.names(self._path.parent):
            return None
        data = self._fs.read(self._path, 0, 2 * _SLOT_SIZE)
        slots = [slot for at in (0, _SLOT_SIZE) if (slot := _decode(data[at : at + _SLOT_SIZE]))]
        if not slots:
            return None
        self._sequence, cursor = max(slots, key=lambda slot: slot[0])
        return cursor

    def save(self, cursor: Cursor) -> None:
        """Durable when it returns.

        Raises:
            OSError: nothing may be concluded about this slot; the other one still holds.
        """
        sequence = self._sequence + 1
        checkpoint, sealed = cursor.checkpoint, cursor.sealed
        body = _SLOT.pack(sequence, checkpoint.segment, checkpoint.offset, sealed.segment, sealed.offset)
        slot = (body + _CRC.pack(zlib.crc32(body))).ljust(_SLOT_SIZE, b"\0")
        self._fs.write_at(self._path, (sequence % 2) * _SLOT_SIZE, slot)
        if self._sequence == 0:
            self._fs.sync_dir(self._path.parent)
        self._sequence = sequence


def _decode(slot: bytes) -> tuple[int, Cursor] | None:
    if len(slot) < _SLOT.size + _CRC.size:
        return None
    body = slot[: _SLOT.size]
    (crc,) = _CRC.unpack_from(slot, _SLOT.size)
    if zlib.crc32(body) != crc:
        return None
    sequence, *numbers = _SLOT.unpack(body)
    return sequence, Cursor(Position(*numbers[:2]), Position(*numbers[2:]))
