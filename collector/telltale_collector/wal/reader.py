"""Reading a stretch of a segment without holding all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.record import MAGIC, Damage, Found, Unknown, scan

CHUNK_BYTES = 4 << 20


def read(
    fs: FileSystem, path: Path, start: int, stop: int, marker: bytes = MAGIC
) -> Iterator[Found | Unknown | Damage]:
    """Yield what ``path`` holds between byte offsets ``start`` and ``stop``; offsets in the result are the file's."""
    size = CHUNK_BYTES
    at = start
    while at < stop:
        data = fs.read(path, at, min(size, stop - at))
        base, whole = at, at + len(data) >= stop or len(data) < size
        for found in scan(data, marker, whole=whole):
            at = base + found.end
            yield _moved(found, base)
        if at == base and whole:
            return
        # what a chunk cuts off is read again from its start, in a larger chunk if it filled the whole one
        size = size * 2 if at == base else CHUNK_BYTES


def _moved(found: Found | Unknown | Damage, base: int) -> Found | Unknown | Damage:
    if isinstance(found, Found):
        return Found(found.record, found.end + base)
    return replace(found, start=found.start + base, end=found.end + base)
