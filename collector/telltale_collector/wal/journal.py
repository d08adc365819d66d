"""The journal: the bounds of every batch, on disk before it is handed out, and how far the store has got.

One fsync a batch: that of its sealing. That a batch is stored is written at once, which outlives the process, and made
durable by the next sealing: a machine that ends before then begins again with the same batch, under the same token.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from telltale_collector.wal.filesystem import AppendFile, FileSystem
from telltale_collector.wal.history import History, cursor_path, journal_path, log_number, unfinished
from telltale_collector.wal.journal_entry import ENTRY_BYTES, NOWHERE, Entry, Kind, encode
from telltale_collector.wal.position import Bounds, Position
from telltale_collector.wal.segments import Segments

_FULL_BYTES = 4096 * ENTRY_BYTES


class Journal:
    """``checkpoint``: everything before it is stored. ``sealed``: the batches from there on, oldest first.

    ``last_segment``: the highest number that a process before has used.
    """

    def __init__(self, fs: FileSystem, folder: Path, log_id: str, boot_id: Position) -> None:
        self._fs = fs
        self._folder = folder
        self._log = log_number(log_id)
        self._boot_id = boot_id
        self._lock = threading.Lock()
        self._file: AppendFile | None = None
        self._size = 0
        self._number = 0
        self._files: dict[int, int | None] = {}
        self._has_cursor = False
        self._durable = False
        self.checkpoint = NOWHERE
        self.sealed: deque[Bounds] = deque()
        self.last_segment = 0

    def recover(self, history: History, segments: Segments) -> None:
        """Take up where the processes before ended. Nothing is written yet: that waits for ``sync`` or a batch."""
        self.checkpoint, sealed = unfinished(history, segments, self._boot_id)
        self.sealed = deque(sealed)
        self.last_segment = max(segments.last, history.last_segment)
        self._files = history.files
        self._number = max(history.files, default=0)
        self._has_cursor = history.has_cursor

    @property
    def end(self) -> Position:
        """Where the next batch begins."""
        return self.sealed[-1].end if self.sealed else self.checkpoint

    def seal(self, bounds: Bounds) -> None:
        """Durable when it returns: the batch may be handed out.

        Raises:
            OSError: it may not; seal it again, or one that begins at the same place.
        """
        with self._lock:
            self._write(Entry(Kind.SEALED, *bounds), durable=True)
            self.sealed.append(bounds)
            self._files[self._number] = bounds.end.segment

    def stored(self, bounds: Bounds) -> None:
        """The oldest sealed batch is in the store. A disk that fails only delays the moment this is durable."""
        with self._lock:
            if not self.sealed or self.sealed[0] != bounds:
                raise ValueError("batches are committed in the order of their sealing, each once")
            self.sealed.popleft()
            self.checkpoint = bounds.end
            self._durable = False
            with suppress(OSError):
                self._write(Entry(Kind.STORED, self.checkpoint, NOWHERE), durable=False)

    def sync(self) -> None:
        """The checkpoint is durable when it returns.

        Raises:
            OSError: it may not be.
        """
        with self._lock:
            if not self._durable:
                self._write(Entry(Kind.STORED, self.checkpoint, NOWHERE), durable=True)

    def prune(self, first_segment: int) -> None:
        """Remove the journals that speak of earlier segments only; one that nobody can read is left alone."""
        with self._lock:
            old = [
                number
                for number, highest in self._files.items()
                if number != self._number and highest is not None and highest < first_segment
            ]
            for number in old if self._durable else ():
                self._fs.unlink(journal_path(self._folder, number))
                del self._files[number]

    def close(self) -> None:
        """Say that the process ends in good order; where the disk fails, it does not."""
        with self._lock, suppress(OSError):
            self._write(Entry(Kind.CLOSED, self.checkpoint, NOWHERE), durable=True)
            self._let_go()

    def _write(self, entry: Entry, *, durable: bool) -> None:
        if self._file is None or self._size >= _FULL_BYTES:
            self._begin(entry)
            return
        try:
            self._file.write(encode(entry, self._log))
            self._size += ENTRY_BYTES
            if durable:
                self._file.sync()
                self._durable = True
        except OSError:
            self._let_go()  # what the disk holds of it is unknown: it is never written or synced again
            raise

    def _begin(self, entry: Entry) -> None:
        """A new file that says everything that holds, then ``entry``; durable when it returns."""
        with suppress(OSError):
            self._let_go()
        entries = [Entry(Kind.OPENED, self._boot_id, self.checkpoint)]
        entries += [Entry(Kind.SEALED, *bounds) for bounds in self.sealed]
        data = b"".join(encode(said, self._log) for said in (*entries, entry))
        self._number += 1
        path = journal_path(self._folder, self._number)
        try:
            self._file = self._fs.append(path)
            self._file.write(data)
            self._file.sync()
            self._fs.sync_dir(self._folder)
        except OSError:
            with suppress(OSError):
                self._let_go()
                self._fs.unlink(path)
            raise
        self._size = len(data)
        self._durable = True
        self._files[self._number] = self.end.segment
        if self._has_cursor:
            self._fs.unlink(cursor_path(self._folder))
            self._has_cursor = False

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
