"""What waits to be sent: on disk where there is one, else in memory; and what dead processes left."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from telltale._inherited import Inheritance
from telltale._memory import Memory
from telltale._safely import log, safely
from telltale._spool import Spool, SpoolFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from telltale._parcel import Parcel

_TRY_AGAIN_S: Final = 30.0


class Source(Protocol):
    """Where the sender takes parcels from."""

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]: ...
    def done(self, parcels: list[Parcel]) -> None: ...
    def put_back(self) -> None: ...


class Backlog:
    """Never raises: a disk that refuses costs one warning, and memory is used instead.

    Args:
        paths: directories for the spool, the first that can be used is; none: memory only.
        header: the destination's mark in files.
        limit: bytes that the spool may hold.
        give_up: told of parcels that will never be sent, and why.

    Attributes:
        lock: held while it is used.
        is_closed: nothing more can be kept here.
    """

    def __init__(
        self, paths: Sequence[Path], header: bytes, limit: int, give_up: Callable[[Sequence[Parcel], str], None]
    ) -> None:
        self._paths = paths
        self._header = header
        self._limit = limit
        self._give_up = give_up
        self._is_told = False
        self.reset()

    def reset(self) -> None:
        """Empty, with a new lock. In a forked child, whose copies are the parent's to send."""
        self.lock = threading.RLock()
        self._spool: Spool | None = None
        self._memory = Memory(self._give_up)
        self._source: Spool | Memory = self._memory
        self._inheritance: Inheritance | None = None
        self._not_before = 0.0
        self.is_closed = False
        self._left = 0

    def forget(self) -> None:
        """Close what a forked child has inherited, touch nothing."""
        with safely("close the parent's spool in a forked process"):
            if self._spool is not None:
                self._spool.forget()
            if self._inheritance is not None:
                self._inheritance.release()

    def __len__(self) -> int:
        """Spans and scores that wait, without those of dead processes."""
        if self.is_closed:
            return self._left
        return self._memory.items + (self._spool.items if self._spool else 0)

    @property
    def is_in_memory(self) -> bool:
        """Something waits that would not survive the process."""
        return not self._memory.is_empty

    @property
    def place(self) -> Path | None:
        """Where the spool is; None when there is none."""
        return self._spool.path if self._spool else None

    def add(self, parcel: Parcel) -> None:
        with self.lock:
            if self.is_closed or not self._spooled(parcel):
                self._memory.add(parcel)

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]:
        with self.lock, safely("read the spool"):
            if self.is_closed:
                return []
            if self._spool is not None and (found := self._spool.head(max_items, max_bytes)):
                self._source = self._spool
                return found
        with self.lock:
            self._source = self._memory
            return self._memory.head(max_items, max_bytes)

    def done(self, parcels: list[Parcel]) -> None:
        with self.lock, safely("empty the spool"):
            if not self.is_closed:
                self._source.done(parcels)

    def put_back(self) -> None:
        with self.lock:
            self._source.put_back()

    def left_by_the_dead(self) -> Source | None:
        """What a process that is no more has left for this destination; None when there is nothing."""
        if not self._paths or self.is_closed:
            return None
        with safely("look for what dead processes left"):
            path = self.place or next((path for path in self._paths if path.is_dir()), None)
            if self._inheritance is None and path is not None:
                self._inheritance = Inheritance(path, self._header)
            if self._inheritance is not None and self._inheritance.look():
                return self._inheritance
        return None

    def close(self) -> None:
        """Leave to the next process what is not sent. What is still in memory gets a last chance to reach the disk."""
        with self.lock:
            self._not_before = 0.0
            while (parcels := self._memory.head(1, 0)) and self._spooled(parcels[0]):
                self._memory.done(parcels)
            self._left = len(self)
            self.is_closed = True
            with safely("close the spool"):
                if self._spool is not None:
                    self._spool.close()
            if self._inheritance is not None:
                self._inheritance.release()

    def _spooled(self, parcel: Parcel) -> bool:
        if not self._paths or time.monotonic() < self._not_before:
            return False
        try:
            if self._spool is None:
                self._spool = self._opened()
            self._spool.add(parcel)
        except SpoolFullError:
            return False
        except OSError as error:
            self._failed(error)
            return False
        return True

    def _opened(self) -> Spool:
        for path in self._paths[:-1]:
            try:
                return Spool(path, self._header, self._limit, self._give_up)
            except OSError as error:
                log.debug("no spool at %s: %s", path, error)
        return Spool(self._paths[-1], self._header, self._limit, self._give_up)

    def _failed(self, error: OSError) -> None:
        self._not_before = time.monotonic() + _TRY_AGAIN_S
        if not self._is_told:
            self._is_told = True
            log.warning(
                "the spool %s cannot be used (%s); spans wait in memory only, and do not survive this process. "
                "set TELLTALE_SPOOL_DIR to a directory that can be written, or TELLTALE_SPOOL=0",
                self._paths[-1],
                error,
            )
