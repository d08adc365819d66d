"""Reading a stretch of a segment without holding all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.record import Damage, Found, scan

CHUNK_BYTES = 16 << 20


def read(fs: FileSystem, path: Path, start: int, stop: int) -> Iterator[Found | Damage]:
    """Yield what ``path`` holds between byte offsets ``start`` and ``stop``; offsets in the result are the file's."""
    size = CHUNK_BYTES
    at = start
    while at < stop:
        wanted = min(size, stop - at)
        data = fs.read(path, at, wanted)
        cut = len(data) == wanted < stop - at
        base, size = at, CHUNK_BYTES
        for found in scan(data):
            if cut and isinstance(found, Damage) and found.end == len(data):
                break  # a record that continues behind this chunk, or damage that does
            at = base + found.end
            yield _moved(found, base)
        if at == base:
            if not cut:
                return
            size = len(data) * 2


def _moved(found: Found | Damage, base: int) -> Found | Damage:
    if isinstance(found, Damage):
        return Damage(found.start + base, found.end + base)
    return Found(found.record, found.end + base)
