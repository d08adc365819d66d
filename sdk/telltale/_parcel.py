"""What waits to be sent: a piece of a request body, and its form in a file.

Bodies are gzip members of OTLP protobuf. Both formats may be joined end to end, so any number of parcels makes one
request. In a file each is guarded by a checksum: a torn or damaged one costs itself.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Final, NamedTuple

REPORTS: Final = 254
"""The lane of reports about what was given up, as JSON."""
HEADER: Final = 255
"""The lane of a file's first record: where the rest may be sent."""
_HEAD: Final = struct.Struct(">IIIIB")
_MOST_ITEMS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A piece of a request body.

    Attributes:
        lane: the number of its signal.
        items: how many spans or scores are in it.
        size: bytes before compression.
        body: compressed.
    """

    lane: int
    items: int
    size: int
    body: bytes


def packed(lane: int, items: int, body: bytes) -> Parcel:
    return Parcel(lane, items, len(body), gzip.compress(body, 4, mtime=0))


def unpacked(parcel: Parcel) -> bytes:
    return gzip.decompress(parcel.body)


def record_of(parcel: Parcel) -> bytes:
    """A parcel as it stands in a file."""
    head = _HEAD.pack(0, len(parcel.body), parcel.items, parcel.size, parcel.lane)[4:]
    return struct.pack(">I", zlib.crc32(parcel.body, zlib.crc32(head))) + head + parcel.body


def size_on_disk(parcel: Parcel) -> int:
    return _HEAD.size + len(parcel.body)


class Record(NamedTuple):
    """A parcel read from a file. ``parcel`` is None when it is damaged; ``items`` is then what it claims."""

    parcel: Parcel | None
    items: int
    length: int


def read_record(fd: int, offset: int, end: int) -> Record | None:
    """The record at an offset; None when there is no whole one.

    Raises:
        OSError: the file cannot be read.
    """
    head = os.pread(fd, _HEAD.size, offset)
    if len(head) < _HEAD.size:
        return None
    check, length, items, size, lane = _HEAD.unpack(head)
    if offset + _HEAD.size + length > end:
        return None
    body = os.pread(fd, length, offset + _HEAD.size)
    if zlib.crc32(body, zlib.crc32(head[4:])) != check:
        return Record(None, min(items, _MOST_ITEMS), _HEAD.size + length)
    return Record(Parcel(lane, items, size, body), items, _HEAD.size + length)
