"""Parcels on disk until they are acknowledged, so that no outage, exit or kill takes them.

Written to the page cache, without ``fsync``: it survives the process, which is what ends without warning. While
all goes well there is one file, emptied whenever what it holds has been delivered.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from telltale import _spool_folder
from telltale._inherited import give_up_oldest
from telltale._parcel import size_on_disk
from telltale._safely import log
from telltale._segment import Segment
from telltale._spool_folder import Folder, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from telltale._parcel import Parcel

_SEGMENT_BYTES: Final = 8 * 1024 * 1024
_LOOK_EVERY_S: Final = 1.0


class SpoolFullError(OSError):
    """Others have used up what the spool may hold."""


class Spool:
    """This process's part of the spool. Not safe for threads by itself.

    Args:
        path: the spool's directory; made where it is missing.
        header: where the parcels may be sent.
        limit: bytes that all processes together may keep there. Over it the oldest segments go.
        give_up: told of parcels that will never be sent, and why.

    Raises:
        OSError: from every method but ``forget``, where the disk refuses.
    """

    def __init__(self, path: Path, header: bytes, limit: int, give_up: Callable[[Sequence[Parcel], str], None]) -> None:
        self.path = path
        self._header = header
        self._limit = limit
        self._tell = give_up
        self._segments: deque[Segment] = deque()
        self._busy: Segment | None = None
        self._count = 0
        self._others = 0
        self._looked = 0.0
        with opened(path, make=True) as root:
            self._folder = Folder.create(root)

    @property
    def items(self) -> int:
        return sum(segment.items for segment in self._segments)

    @property
    def is_empty(self) -> bool:
        return all(segment.is_done for segment in self._segments)

    def add(self, parcel: Parcel) -> None:
        """Keep one more.

        Raises:
            SpoolFullError: there is no room, and nothing of our own to give up for it.
        """
        if self._folder.is_gone or (self._segments and self._segments[-1].is_gone):
            self._move()
        self._make_room(size_on_disk(parcel))
        if not self._segments or self._segments[-1].size >= min(_SEGMENT_BYTES, self._limit // 8):
            self._count += 1
            self._segments.append(Segment(*self._folder.new_file(self._count), self._header))
        self._segments[-1].append(parcel)

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]:
        """The oldest parcels; they stay until they are ``done``."""
        for segment in list(self._segments):
            self._busy = segment
            if found := segment.head(max_items, max_bytes):
                return found
            self._drop(segment)
        self._busy = None
        return []

    def done(self, parcels: list[Parcel]) -> None:
        """The first of what ``head`` gave are off our hands."""
        busy = self._busy
        if busy is None or busy not in self._segments:
            return
        busy.done(parcels)
        if busy.is_done:
            self._drop(busy)

    def put_back(self) -> None:
        """What ``head`` gave is on its way no more."""
        self._busy = None

    def close(self) -> None:
        """Leave what is not delivered to the next process, or nothing at all."""
        with opened(self.path) as root:
            if self.is_empty:
                for file in self._folder.files():
                    self._folder.delete(file)
                self._folder.remove(root)
        self.forget()

    def forget(self) -> None:
        """Close the descriptors, touch nothing. What a forked child does with what its parent has."""
        for segment in self._segments:
            segment.close()
        self._segments.clear()
        self._folder.release()

    def _drop(self, segment: Segment) -> None:
        """It is done; the last one is used again."""
        if segment.damaged:
            log.warning("%d spans or scores in the spool %s are damaged and lost", segment.damaged, self.path)
        if segment is self._segments[-1] and segment.size <= _SEGMENT_BYTES // 2:
            segment.empty()
            return
        self._segments.remove(segment)
        self._folder.delete(segment.name)
        segment.close()

    def _move(self) -> None:
        """The folder was deleted under us: what it held goes into a new one."""
        with opened(self.path, make=True) as root:
            folder = Folder.create(root)
        old, self._segments, self._busy = list(self._segments), deque(), None
        self._folder.release()
        self._folder = folder
        for segment in old:
            for parcel in segment.rest():
                self.add(parcel)
            segment.close()

    def _make_room(self, size: int) -> None:
        own = sum(segment.size for segment in self._segments)
        if time.monotonic() - self._looked >= _LOOK_EVERY_S:
            self._looked = time.monotonic()
            with opened(self.path) as root:
                self._others = max(0, _spool_folder.bytes_in(root) - own)
        while own + self._others + size > self._limit:
            if self._others and (freed := self._give_up_of_the_dead()):
                self._others -= freed
            else:
                own -= self._give_up()

    def _give_up_of_the_dead(self) -> int:
        with opened(self.path) as root:
            return give_up_oldest(root, self._header, self._tell)

    def _give_up(self) -> int:
        """The oldest segment that is not on its way; its size in bytes."""
        oldest = next((s for s in self._segments if s is not self._busy and not s.is_done), None)
        if oldest is None:
            raise SpoolFullError("the spool is full")
        self._tell(oldest.rest(), "spool_full")
        self._segments.remove(oldest)
        self._folder.delete(oldest.name)
        oldest.close()
        return oldest.size
