"""Bytes that cannot be read on are kept for a person to look at, and counted; what follows them goes on."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.record import Damage, Unknown
from telltale_collector.wal.segments import Segments

log = logging.getLogger("telltale.wal")

_COPY_BYTES = 4 << 20
_NEWER = re.compile(rb"TTW[^1]")


class Quarantine:
    """``damaged_bytes`` that are no record, ``unknown_items`` of records whose signal only a newer version knows."""

    def __init__(self, fs: FileSystem, folder: Path, segments: Segments) -> None:
        self._fs = fs
        self._segments = segments
        self._kept = folder / "quarantine"
        self.damaged_bytes = 0
        self.unknown_items = 0
        self._seen: set[tuple[int, int]] = set()

    def keep(self, others: Iterable[tuple[int, Damage | Unknown]]) -> None:
        """Copy (segment, bytes) to files of their own; durable when it returns. What is kept already is passed over."""
        for segment, found in others:
            if (segment, found.start) not in self._seen:
                self._keep(segment, found)
                self._seen.add((segment, found.start))

    def _keep(self, segment: int, found: Damage | Unknown) -> None:
        suffix = "bin" if isinstance(found, Damage) else "record"
        path = self._kept / f"{segment:012d}-{found.start}.{suffix}"
        self._fs.make_dir(self._kept)
        first = self._copy(segment, found, path)
        self._fs.sync_dir(self._kept)
        size = found.end - found.start
        if isinstance(found, Unknown):
            self.unknown_items += found.items
            log.error("%d items of a signal that only a newer version knows are kept in %s", found.items, path)
            return
        self.damaged_bytes += size
        if found.start == 0 and _NEWER.match(first):
            log.error("segment %d was written by a newer version and is kept in %s", segment, path)
        else:
            log.warning("%d bytes of segment %d are damaged and kept in %s", size, segment, path)

    def _copy(self, segment: int, found: Damage | Unknown, path: Path) -> bytes:
        self._fs.unlink(path)  # a file whose sync failed is not written again
        first = b""
        for at in range(found.start, found.end, _COPY_BYTES):
            data = self._segments.raw(segment, at, min(_COPY_BYTES, found.end - at))
            self._fs.write_at(path, at - found.start, data)
            first = first or data
        return first
