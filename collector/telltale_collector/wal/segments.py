"""The segment files: which there are, and how much of each is durable. The folder is listed once, at start."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from telltale_collector.wal.filesystem import FileSystem, sync
from telltale_collector.wal.position import Bounds, Position

_NAME = re.compile(r"([0-9]{12,18})\.wal")


class Stretch(NamedTuple):
    """Bytes ``start:stop`` of one segment."""

    segment: int
    start: int
    stop: int


class Segments:
    def __init__(self, fs: FileSystem, folder: Path) -> None:
        self._fs = fs
        self._folder = folder
        self._lock = threading.Lock()
        found = sorted(int(match[1]) for name in fs.names(folder) if (match := _NAME.fullmatch(name)))
        self._sizes = {segment: fs.size(segment_path(folder, segment)) for segment in found}

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

    def grow(self, end: Position) -> None:
        """Everything up to ``end`` is durable now."""
        with self._lock:
            self._sizes[end.segment] = end.offset

    def sync_after(self, start: Position) -> None:
        """Make durable what is on disk from ``start`` on: an earlier process may have ended before its sync."""
        for segment, _, _ in self._after(start):
            sync(self._fs, segment_path(self._folder, segment))

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

    def bytes_in(self, bounds: Bounds) -> int:
        return sum(stretch.stop - stretch.start for stretch in self.stretches(bounds))

    def before(self, end: Position) -> dict[int, int]:
        """The segments that lie before ``end`` as a whole, oldest first, with their sizes."""
        with self._lock:
            return {segment: size for segment, size in self._sizes.items() if (segment, size) <= end}

    def remove(self, segments: Iterable[int]) -> None:
        """Unlink; durable when it returns."""
        for segment in segments:
            self._fs.unlink(segment_path(self._folder, segment))
            with self._lock:
                self._sizes.pop(segment, None)
        self._fs.sync_dir(self._folder)

    def _after(self, start: Position) -> Iterator[Stretch]:
        with self._lock:
            sizes = [(segment, size) for segment, size in self._sizes.items() if segment >= start.segment]
        for segment, size in sizes:
            offset = start.offset if segment == start.segment else 0
            if offset < size:
                yield Stretch(segment, offset, size)


def segment_path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:012d}.wal"
