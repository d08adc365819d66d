"""The segment files: which there are, and how much of each is durable. The folder is listed once, at start.

A segment is named ``<number>-<marker>.wal``. Each of its records begins with the marker, 8 random bytes of the process
that wrote it: after damage a reader finds the next record by it, and no sender can make a payload that looks like one.
Segments of earlier versions have no marker in their name; their records begin with ``TTW1``.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from telltale_collector.wal.filesystem import AppendFile, FileSystem, sync
from telltale_collector.wal.position import Bounds, Position
from telltale_collector.wal.reader import read
from telltale_collector.wal.record import MAGIC, Damage, Found, Unknown

log = logging.getLogger("telltale.wal")

_NAME = re.compile(r"([0-9]{12,18})(?:-([0-9a-f]{16}))?\.wal")
_MARKER_BYTES = 8


class Stretch(NamedTuple):
    """Bytes ``start:stop`` of one segment."""

    segment: int
    start: int
    stop: int

    @property
    def bounds(self) -> Bounds:
        return Bounds(Position(self.segment, self.start), Position(self.segment, self.stop))


class _File(NamedTuple):
    name: str
    marker: bytes


class Segments:
    """``marker``: of the segments that this process begins."""

    def __init__(self, fs: FileSystem, folder: Path) -> None:
        self._fs = fs
        self._folder = folder
        self._lock = threading.Lock()
        self._files: dict[int, _File] = {}
        self._sizes: dict[int, int] = {}
        self.marker = secrets.token_bytes(_MARKER_BYTES)
        for name in fs.names(folder):
            if match := _NAME.fullmatch(name):
                self._find(int(match[1]), _File(name, bytes.fromhex(match[2]) if match[2] else MAGIC))
            elif name.endswith(".wal"):
                log.error("%s is no segment that this version can read: it is left alone", folder / name)
        self._sizes = dict(sorted(self._sizes.items()))

    def _find(self, segment: int, file: _File) -> None:
        size = self._fs.size(self._folder / file.name)
        if segment in self._files:
            log.error("there are two segments %d in %s: the shorter one is left alone", segment, self._folder)
        if segment not in self._files or size > self._sizes[segment]:
            self._files[segment] = file
            self._sizes[segment] = size

    @property
    def first(self) -> int | None:
        return min(self._sizes, default=None)

    @property
    def last(self) -> int:
        """The highest number; 0 where there is none."""
        return max(self._sizes, default=0)

    @property
    def total_bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

    # --- writing ----------------------------------------------------------------------------------------------------

    def begin(self, segment: int) -> AppendFile:
        """Make the file of a new segment; its name is durable when it returns."""
        self._files[segment] = _File(f"{segment:012d}-{self.marker.hex()}.wal", self.marker)
        file = self._fs.append(self.path(segment))
        self._fs.sync_dir(self._folder)
        return file

    def grow(self, end: Position) -> None:
        """Everything up to ``end`` is durable now."""
        with self._lock:
            self._sizes[end.segment] = end.offset

    def sync_after(self, start: Position) -> None:
        """Make durable what is on disk from ``start`` on: an earlier process may have ended before its sync."""
        for segment, _, _ in self._after(start):
            sync(self._fs, self.path(segment))

    def remove(self, segments: Iterable[int]) -> None:
        """Unlink; durable when it returns."""
        for segment in segments:
            self._fs.unlink(self.path(segment))
            with self._lock:
                self._sizes.pop(segment, None)
                self._files.pop(segment, None)
        self._fs.sync_dir(self._folder)

    # --- what there is ----------------------------------------------------------------------------------------------

    def stretches(self, bounds: Bounds) -> list[Stretch]:
        """What of ``bounds`` is on disk."""
        first, last = bounds.start.segment, bounds.end.segment
        with self._lock:
            sizes = [(first, self._sizes.get(first, 0))]
            if first != last:
                sizes = [(segment, size) for segment, size in self._sizes.items() if first <= segment <= last]
        found = []
        for segment, size in sizes:
            start = bounds.start.offset if segment == first else 0
            stop = min(size, bounds.end.offset) if segment == last else size
            if start < stop:
                found.append(Stretch(segment, start, stop))
        return found

    def after(self, start: Position) -> list[Stretch]:
        """What is on disk from ``start`` on, segment by segment."""
        return list(self._after(start))

    def next_after(self, start: Position) -> Stretch | None:
        return next(self._after(start), None)

    def bytes_after(self, start: Position) -> int:
        return sum(stretch.stop - stretch.start for stretch in self._after(start))

    def bytes_in(self, bounds: Bounds) -> int:
        return sum(stretch.stop - stretch.start for stretch in self.stretches(bounds))

    def before(self, end: Position) -> dict[int, int]:
        """The segments that lie before ``end`` as a whole, oldest first, with their sizes."""
        with self._lock:
            return {segment: size for segment, size in self._sizes.items() if (segment, size) <= end}

    # --- reading ----------------------------------------------------------------------------------------------------

    def path(self, segment: int) -> Path:
        return self._folder / self._files[segment].name

    def marker_of(self, segment: int) -> bytes:
        return self._files[segment].marker

    def read(self, stretch: Stretch) -> Iterator[Found | Unknown | Damage]:
        """The records of a stretch, and what lies between them.

        Raises:
            OSError: the disk fails.
        """
        segment, start, stop = stretch
        return read(self._fs, self.path(segment), start, stop, self.marker_of(segment))

    def raw(self, segment: int, offset: int, size: int) -> bytes:
        return self._fs.read(self.path(segment), offset, size)

    def _after(self, start: Position) -> Iterator[Stretch]:
        with self._lock:
            sizes = [(segment, size) for segment, size in self._sizes.items() if segment >= start.segment]
        for segment, size in sizes:
            offset = start.offset if segment == start.segment else 0
            if offset < size:
                yield Stretch(segment, offset, size)
