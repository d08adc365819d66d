"""Room on the disk: stored segments are kept for a while, and a reserve lies ready for when the disk is full.

Kept segments let everything be stored again after the machine ended without warning (see ``history.unfinished``). They
are the first to go when the log would outgrow its budget or the disk has no room.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.journal import Journal
from telltale_collector.wal.segments import Segments

log = logging.getLogger("telltale.wal")

RESERVE_BYTES = 16 << 20
_REMAKE_AFTER_S = 1.0
FULL = {errno.ENOSPC, errno.EDQUOT}


class Reserve:
    """A file that takes up room, given up so that journal and quarantine can be written on a full disk.

    ``is_missing``: it was given up, or there was no room for it. Until it is back nothing new is taken in.
    """

    def __init__(self, fs: FileSystem, folder: Path, clock: Callable[[], float]) -> None:
        self._fs = fs
        self._folder = folder
        self._path = folder / "reserve"
        self._clock = clock
        self._made = False
        self._not_before = clock()
        self.is_missing = False

    def make(self) -> None:
        """Make it if there is none and the disk has room; tried once a second."""
        if self._made or self._clock() < self._not_before:
            return
        self._not_before = self._clock() + _REMAKE_AFTER_S
        try:
            self._fs.allocate(self._path, RESERVE_BYTES)
        except OSError as error:
            self.is_missing = error.errno in FULL
            self._unlink()
            return
        if self.is_missing:
            log.warning("the disk of the write-ahead log has room again")
        self._made = True
        self.is_missing = False

    def give_up(self) -> None:
        if self._made:
            log.warning("the disk of the write-ahead log is full: its reserve is given up, nothing new is taken in")
        self._made = False
        self.is_missing = True
        self._not_before = self._clock() + _REMAKE_AFTER_S
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):
            self._fs.unlink(self._path)
            self._fs.sync_dir(self._folder)


class Room:
    """Decides which stored segments go. Safe to call from any thread.

    Args:
        segments: all of them.
        journal: knows what is stored.
        reserve: given up first.
        keep_s: how long a stored segment is kept, in seconds.
        budget_bytes: of all segments together.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        segments: Segments,
        journal: Journal,
        reserve: Reserve,
        keep_s: float,
        budget_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._segments = segments
        self._journal = journal
        self._reserve = reserve
        self._keep_s = keep_s
        self._budget_bytes = budget_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._stored_at: dict[int, float] = {}

    def tidy(self, active_segment: int) -> None:
        """Give up what was kept long enough, and the oldest before its time while the log is over its budget."""
        with self._lock:
            self._reserve.make()
            kept = self._kept(active_segment)
            excess = self._segments.total_bytes - self._budget_bytes
            old = []
            for segment, size in kept.items():
                if excess > 0 or self._clock() - self._stored_at[segment] >= self._keep_s:
                    old.append(segment)
                    excess -= size
            self._give_up(old)

    @property
    def is_short(self) -> bool:
        """Whether the disk is too full to take anything in; looks again from time to time."""
        if self._reserve.is_missing:
            with self._lock:
                self._reserve.make()
        return self._reserve.is_missing

    def make(self, error: OSError, active_segment: int) -> bool:
        """Journal or quarantine were refused: whether room was made, so that trying again is worth it."""
        if error.errno not in FULL:
            return False
        with self._lock:
            self._reserve.give_up()
        self.yield_kept(error, active_segment)
        return True

    def yield_kept(self, error: OSError, active_segment: int) -> None:
        """The disk is full: give up the oldest kept segment."""
        if error.errno not in FULL:
            return
        try:
            with self._lock:
                self._give_up(list(self._kept(active_segment))[:1])
        except OSError as worse:
            log.warning("stored segments cannot be removed now: %s", worse)

    def _kept(self, active_segment: int) -> dict[int, int]:
        """The segments all of which is stored, oldest first, with their sizes."""
        before = self._segments.before(self._journal.checkpoint)
        kept = {segment: size for segment, size in before.items() if segment < active_segment}
        for segment in kept:
            self._stored_at.setdefault(segment, self._clock())
        return kept

    def _give_up(self, segments: list[int]) -> None:
        if not segments:
            return
        self._journal.sync()  # first the checkpoint, then the segments before it
        self._segments.remove(segments)
        for segment in segments:
            del self._stored_at[segment]
        self._journal.prune(self._segments.first or segments[-1] + 1)
