"""Group commit: requests that arrive while the disk is busy share the next write and fdatasync."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple

from telltale_collector.errors import Overloaded
from telltale_collector.wal.filesystem import AppendFile
from telltale_collector.wal.position import Position
from telltale_collector.wal.record import Record, encode
from telltale_collector.wal.segments import Segments

FULL_HINT = "nothing of this request was kept; send it again in a second"
_GROUP_BYTES = 8 << 20
"""A group is closed once it is this large: it is joined in memory before it is written."""


class _Waiting(NamedTuple):
    encoded: bytes
    items: int
    future: Future[None]


class GroupCommit:
    """Owns the segment being written. A future resolves to None when its record is durable, or raises Overloaded.

    A segment whose write or sync failed is never written again: what the disk holds of it is unknown, so it is cut back
    to its last durable size and a new one is begun.

    Args:
        segments: where the files are made.
        segment: the number of the first one, which must not exist yet.
        segment_bytes: a segment is closed once it is this large.
        on_durable: told the new end, the items and the bytes of a group, before anybody is answered.
        on_refusal: told the disk's error once a group was refused.
    """

    def __init__(
        self,
        segments: Segments,
        segment: int,
        segment_bytes: int,
        on_durable: Callable[[Position, int, int], None],
        on_refusal: Callable[[OSError], None],
    ) -> None:
        self._segments = segments
        self._segment = segment
        self._size = 0
        self._segment_bytes = segment_bytes
        self._on_durable = on_durable
        self._on_refusal = on_refusal
        self._file: AppendFile | None = None
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._closing = False
        self.queued_bytes = 0
        self.failure: str | None = None
        """Why the last group was refused; None: it is on the disk."""

    def submit(self, record: Record) -> Future[None]:
        """Queue one record for the next group.

        Raises:
            Overloaded: the log is closing.
        """
        waiting = _Waiting(encode(record, self._segments.marker), record.items, Future())
        with self._wake:
            if self._closing:
                raise Overloaded("the collector is stopping", FULL_HINT)
            self._waiting.append(waiting)
            self.queued_bytes += len(waiting.encoded)
            self._wake.notify()
        return waiting.future

    def wait(self) -> bool:
        """Wait until there is something to write; False once there will be nothing more."""
        with self._wake:
            self._wake.wait_for(lambda: bool(self._waiting) or self._closing)
            return bool(self._waiting)

    def flush(self) -> bool:
        """Write one group, make it durable, answer those who wait for it; False where nobody did."""
        group = self._next_group()
        if not group:
            return False
        # a sender that went away cancelled its future: its record is kept all the same, nobody is told
        futures = [waiting.future for waiting in group if waiting.future.set_running_or_notify_cancel()]
        data = b"".join(waiting.encoded for waiting in group)
        try:
            end = self._write(data)
        except OSError as error:
            self._settle(len(data))
            self._refuse(futures, error)
            return True
        self.failure = None
        self._on_durable(end, sum(waiting.items for waiting in group), len(data))
        self._settle(len(data))
        for future in futures:
            future.set_result(None)
        return True

    def begin_segment(self, after: Position) -> Position | None:
        """Begin a new segment and say where, if nothing was written after ``after``: the old one can then go."""
        with self._writing:
            if (self._segment, self._size) != after or self._size == 0:
                return None
            self._next_segment()
            return Position(self._segment, 0)

    def stop(self) -> None:
        """Take nothing more."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()

    def close(self) -> None:
        """Write what waits, then let go of the segment."""
        self.stop()
        while self.flush():
            pass
        self._close_file()

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        with self._wake:
            while self._waiting and size < _GROUP_BYTES:
                group.append(self._waiting.popleft())
                size += len(group[-1].encoded)
        return group

    def _settle(self, size: int) -> None:
        with self._wake:
            self.queued_bytes -= size

    def _refuse(self, futures: list[Future[None]], error: OSError) -> None:
        self.failure = f"the write-ahead log cannot be written: {error}"
        refusal = Overloaded(self.failure, FULL_HINT)
        for future in futures:
            future.set_exception(refusal)
        self._on_refusal(error)

    def _write(self, data: bytes) -> Position:
        with self._writing:
            try:
                if self._size >= self._segment_bytes:
                    self._next_segment()
                if self._file is None:
                    self._file = self._segments.begin(self._segment)
                self._file.write(data)
                self._file.sync()
            except OSError:
                self._abandon_segment()
                raise
            self._size += len(data)
            return Position(self._segment, self._size)

    def _abandon_segment(self) -> None:
        file, self._file = self._file, None
        with suppress(OSError):  # the disk is failing: the CRCs tell a reader what is good in this segment
            if file is not None:
                file.truncate(self._size)
                file.close()
            if self._size == 0:
                self._segments.remove([self._segment])
        self._segment += 1
        self._size = 0

    def _next_segment(self) -> None:
        self._close_file()
        self._segment += 1
        self._size = 0

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
