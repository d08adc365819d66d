"""What dead processes left in the spool: adopted by the next one that sends to the same place."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from telltale import _spool_folder
from telltale._safely import log
from telltale._segment import Segment, beginning_of
from telltale._spool_folder import Folder, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from telltale._parcel import Parcel


class Inheritance:
    """One dead process's parcels after the other, oldest first. Not safe for threads by itself.

    Args:
        path: the spool's directory.
        header: only what may be sent to this destination is taken, so nothing reaches another collector or project.

    Raises:
        OSError: from ``look`` and ``done``, where the disk refuses.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self._path = path
        self._header = header
        self._left_alone: set[str] = set()
        self._folder: Folder | None = None
        self._segment: Segment | None = None

    def look(self) -> bool:
        """Adopt the folder of one dead process; False when there is none."""
        if self._folder is not None:
            return True
        with suppress(FileNotFoundError), opened(self._path) as root:
            for name in _spool_folder.names(root):
                if name not in self._left_alone and self._is_ours(root, name) and (folder := Folder.adopt(root, name)):
                    self._folder = folder
                    return True
        return False

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]:
        """The oldest parcels; they stay until they are ``done``. [] when this folder has none left, and is gone.

        A folder that cannot be read or removed is left alone from then on.
        """
        name = self._folder.name if self._folder else ""
        try:
            return self._first(max_items, max_bytes)
        except OSError as error:
            log.debug("leaving the spool's folder %s alone: %s", name, error)
            self._left_alone.add(name)
            self.release()
            return []

    def done(self, parcels: list[Parcel]) -> None:
        if self._segment is None:
            return
        self._segment.done(parcels)
        if self._segment.is_done:
            self._drop(self._segment)

    def put_back(self) -> None:
        """Nothing to do: what is not done stays first."""

    def release(self) -> None:
        """Leave it to others. What a forked child does with what its parent adopted."""
        if self._segment is not None:
            self._segment.close()
        if self._folder is not None:
            self._folder.release()
        self._folder = self._segment = None

    def _first(self, max_items: int, max_bytes: int) -> list[Parcel]:
        while segment := self._next_segment():
            if found := segment.head(max_items, max_bytes):
                return found
            self._drop(segment)
        if self._folder is not None:
            with opened(self._path) as root:
                self._folder.remove(root)
        self.release()
        return []

    def _is_ours(self, root: int, name: str) -> bool:
        with suppress(OSError):
            wanted = beginning_of(self._header)
            found = _spool_folder.beginning(root, name, len(wanted))
            # one that was cut short belongs to nobody: its process ended before it kept anything there
            return found is None or wanted.startswith(found)
        return False

    def _next_segment(self) -> Segment | None:
        if self._segment is None and self._folder is not None and (files := self._folder.files()):
            self._segment = Segment(files[0], self._folder.open(files[0]), self._header)
        return self._segment

    def _drop(self, segment: Segment) -> None:
        if segment.damaged:
            log.warning("%d spans or scores that another process left are damaged and lost", segment.damaged)
        if self._folder is not None:
            self._folder.delete(segment.name)
        segment.close()
        self._segment = None


def give_up_oldest(root: int, header: bytes, tell: Callable[[Sequence[Parcel], str], None]) -> int:
    """Delete the oldest file of a dead process, whatever its destination; its size, 0 when there is none.

    Raises:
        OSError: the disk refuses.
    """
    for name in _spool_folder.names(root):
        folder = Folder.adopt(root, name)
        if folder is None:
            continue
        try:
            if files := folder.files():
                return _give_up(folder, files[0], header, tell)
            folder.remove(root)
        finally:
            folder.release()
    return 0


def _give_up(folder: Folder, file: str, header: bytes, tell: Callable[[Sequence[Parcel], str], None]) -> int:
    segment = Segment(file, folder.open(file), header)
    try:
        if segment.begins_with(header):
            tell(segment.rest(), "spool_full")
        folder.delete(file)
    finally:
        segment.close()
    return segment.size
