"""A segment of the write-ahead log: every byte is in a record or in damage, whatever it holds, however it is read."""

from pathlib import Path
from typing import Any, cast

from fuzz_target import Rng, Target, pick
from mutators import changed_bytes

from telltale_collector.wal import reader
from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.record import Damage, Found, Record, Signal, Unknown, encode, heads, scan

reader.CHUNK_BYTES = 64  # so that inputs are larger than what is read at once


class _OneFile:
    """What the reader needs of a disk that holds one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, _path: Path, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


_LOG = Path("segment")


def check(data: bytes) -> None:
    found = list(scan(data))
    assert _is_gapless(found, len(data))
    assert sum(1 for _ in heads(data)) <= len(data)
    file: Any = _OneFile(data)
    assert list(reader.read(cast("FileSystem", file), _LOG, 0, len(data))) == found


def _is_gapless(found: list[Found | Unknown | Damage], size: int) -> bool:
    at = 0
    for part in found:
        start = at if isinstance(part, Found) else part.start
        if start != at or part.end <= at:
            return False
        at = part.end
    return at == size


class Records:
    """A record is put in, taken out, cut or changed with its checksum mended, which blind changes never manage."""

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._parts = _parts(data) or [b""]
        self._given = _parts(donor) or [b""]

    def change(self, rng: Rng) -> bytes:
        at = int(rng() * len(self._parts))
        before, part, behind = self._parts[:at], self._parts[at], self._parts[at + 1 :]
        change = int(rng() * 5)
        if change == 0:
            return b"".join([*before, _record(part, rng), part, *behind])
        if change == 1:
            return b"".join([*before, changed_bytes(part, rng), *behind])
        if change == 2:
            return b"".join([*before, pick(self._given, rng), part, *behind])
        kept = part[: int(rng() * (len(part) + 1))] if change == 3 else b""
        return b"".join([*before, kept, *behind])

    def thin(self, rng: Rng) -> bytes:
        at = int(rng() * len(self._parts))
        return b"".join(self._parts[:at] + self._parts[at + 1 :])


def _record(part: bytes, rng: Rng) -> bytes:
    """A good record that holds the beginning of a part."""
    received = int(rng() * (1 << 53)) << 11
    project = "p" * int(rng() * 9)
    return encode(Record(received, pick(list(Signal), rng), int(rng() * (1 << 32)), project, part[:99]))


def _parts(data: bytes) -> list[bytes]:
    """Records, and the damage between them."""
    at, parts = 0, []
    for part in scan(data):
        parts.append(data[at : part.end])
        at = part.end
    return parts


TARGET = Target(check, Records)
