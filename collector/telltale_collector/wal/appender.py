"""Group commit: requests that arrive while the disk is busy share the next write and fdatasync."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from telltale_collector.errors import Overloaded
from telltale_collector.wal.cursor import Position
from telltale_collector.wal.filesystem import AppendFile, FileSystem
from telltale_collector.wal.record import Record, encode

_FULL_HINT = "nothing of this request was kept; send it again in a second"


class Appender:
    """Owns the segment being written. A future resolves to None when its record is durable, or raises Overloaded.

    A segment whose write or sync failed is never written again: what the disk holds of it is unknown, so it is cut back
    to its last durable size and a new one is begun.
    """

    def __init__(
        self,
        fs: FileSystem,
        folder: Path,
        start: Position,
        segment_bytes: int,
        on_durable: Callable[[Position, int, int], None],
    ) -> None:
        self._fs = fs
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._on_durable = on_durable
        self._segment = start.segment
        self._size = start.offset
        self._file: AppendFile | None = None
        self._waiting: list[tuple[bytes, int, Future[None]]] = []
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="wal-appender", daemon=True)
        self._thread.start()

    def append(self, record: Record) -> Future[None]:
        future: Future[None] = Future()
        with self._wake:
            if self._closing:
                raise Overloaded("the collector is stopping", _FULL_HINT)
            self._waiting.append((encode(record), record.items, future))
            self._wake.notify()
        return future

    def begin_segment(self, after: Position) -> bool:
        """Begin a new segment, if nothing was written after ``after``: the old one can then be forgotten."""
        with self._writing:
            if (self._segment, self._size) != (after.segment, after.offset) or self._size == 0:
                return False
            self._close_file()
            self._segment += 1
            self._size = 0
            return True

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            with self._writing:
                self._commit(group)
        self._close_file()

    def _next_group(self) -> list[tuple[bytes, int, Future[None]]]:
        with self._wake:
            self._wake.wait_for(lambda: bool(self._waiting) or self._closing)
            group, self._waiting = self._waiting, []
        return group

    def _commit(self, group: list[tuple[bytes, int, Future[None]]]) -> None:
        data = b"".join(encoded for encoded, _, _ in group)
        # a sender that went away cancelled its future: its record is kept all the same, nobody is told
        waiting = [future for _, _, future in group if future.set_running_or_notify_cancel()]
        try:
            self._write(data)
        except OSError as error:
            self._abandon_segment()
            refusal = Overloaded(f"the write-ahead log cannot be written: {error}", _FULL_HINT)
            for future in waiting:
                future.set_exception(refusal)
            return
        self._on_durable(Position(self._segment, self._size), sum(items for _, items, _ in group), len(data))
        for future in waiting:
            future.set_result(None)

    def _write(self, data: bytes) -> None:
        if self._size >= self._segment_bytes:
            self._close_file()
            self._segment += 1
            self._size = 0
        if self._file is None:
            self._file = self._fs.append(segment_path(self._folder, self._segment))
            self._fs.sync_dir(self._folder)
        self._file.write(data)
        self._file.sync()
        self._size += len(data)

    def _abandon_segment(self) -> None:
        if self._file is not None:
            try:
                self._file.truncate(self._size)
                self._file.close()
            except OSError:  # the disk is failing: the CRCs tell a reader what is good in this segment
                pass
            self._file = None
        self._segment += 1
        self._size = 0

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def segment_path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:012d}.wal"
