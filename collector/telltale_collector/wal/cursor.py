"""The cursor file of earlier versions, still read: how far the store had got, and which batch was being stored.

Two slots of 64 bytes were written in turn, each with a sequence number and a CRC. The journal has taken its place; the
file is removed once a journal is on disk.

    slot = sequence u64 | checkpoint segment u64 | offset u64 | sealed segment u64 | offset u64 | CRC-32 u32
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.position import Bounds, Position

_SLOT = struct.Struct("<5Q")
_CRC = struct.Struct("<I")
_SLOT_SIZE = 64


def read_cursor(fs: FileSystem, path: Path) -> Bounds | None:
    """From the checkpoint to the end of the batch under way (equal: none was), by the newest whole slot."""
    data = fs.read(path, 0, 2 * _SLOT_SIZE)
    slots = [slot for at in (0, _SLOT_SIZE) if (slot := _decode(data[at : at + _SLOT_SIZE]))]
    return max(slots)[1] if slots else None


def _decode(slot: bytes) -> tuple[int, Bounds] | None:
    if len(slot) < _SLOT.size + _CRC.size:
        return None
    body = slot[: _SLOT.size]
    (crc,) = _CRC.unpack_from(slot, _SLOT.size)
    if zlib.crc32(body) != crc:
        return None
    sequence, *numbers = _SLOT.unpack(body)
    return sequence, Bounds(Position(*numbers[:2]), Position(*numbers[2:]))
