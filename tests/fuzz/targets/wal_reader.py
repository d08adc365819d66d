"""A segment of the write-ahead log: every byte is in a record or in damage, whatever it holds, however it is read."""

import random
from pathlib import Path
from typing import Any, cast

from fuzz_target import Target
from mutators import mutate_bytes

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


def check(data: bytes) -> None:
    found = list(scan(data))
    assert _is_gapless(found, len(data))
    assert sum(1 for _ in heads(data)) <= len(data)
    file: Any = _OneFile(data)
    assert list(reader.read(cast("FileSystem", file), Path("segment"), 0, len(data))) == found


def _is_gapless(found: list[Found | Unknown | Damage], size: int) -> bool:
    at = 0
    for part in found:
        start = at if isinstance(part, Found) else part.start
        if start != at or part.end <= at:
            return False
        at = part.end
    return at == size


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A record put in, taken out, cut or changed with its checksum mended, which blind changes never manage."""
    parts = [data[_start(part) : part.end] for part in _placed(data)] or [b""]
    at = chance.randrange(len(parts))
    change = chance.randrange(4)
    if change == 0:
        signal = chance.choice(list(Signal))
        record = Record(
            chance.getrandbits(64), signal, chance.getrandbits(32), "p" * chance.randrange(9), parts[at][:99]
        )
        parts.insert(at, encode(record))
    elif change == 1:
        parts[at] = mutate_bytes(parts[at], chance)
    elif change == 2:
        del parts[at]
    else:
        parts[at] = parts[at][: chance.randrange(len(parts[at]) + 1)]
    return b"".join(parts)


def _placed(data: bytes) -> list[Damage]:
    at, placed = 0, []
    for part in scan(data):
        placed.append(Damage(at, part.end))
        at = part.end
    return placed


def _start(part: Damage) -> int:
    return part.start


TARGET = Target(check, mutate)
