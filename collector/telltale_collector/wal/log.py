"""The log itself: opening after any kind of end, appending, sealed batches, checkpoints."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from telltale_collector.errors import Overloaded
from telltale_collector.wal.appender import Appender, segment_path
from telltale_collector.wal.cursor import Cursor, CursorFile, Position
from telltale_collector.wal.filesystem import Disk, FileSystem
from telltale_collector.wal.reader import read
from telltale_collector.wal.record import Damage, Record

_SUFFIX = ".wal"
_SPENT_BYTES = 4 << 20
"""A segment with this much, all of it stored, is given up even though it has room: the disk is worth more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records ``start:end`` that go into the store under one deduplication token.

    The bounds are on disk before the batch is handed out: after a crash the same records come under the same token.
    """

    token: str
    start: Position
    end: Position
    records: list[Record]

    @property
    def items(self) -> int:
        return sum(record.items for record in self.records)


class Wal:
    """A write-ahead log in ``folder``.

    Args:
        folder: its own directory, made if absent.
        budget_bytes: with more than this waiting for the store, ``append`` refuses (Overloaded).
        segment_bytes: a segment is closed once it is this large.
    """

    def __init__(
        self,
        folder: Path,
        *,
        budget_bytes: int = 8 << 30,
        segment_bytes: int = 64 << 20,
        fs: FileSystem | None = None,
    ) -> None:
        self._fs = fs or Disk()
        self._folder = folder
        self._budget_bytes = budget_bytes
        self._fs.make_dir(folder)
        self.id = self._load_id()
        self._cursor_file = CursorFile(self._fs, folder / "cursor")
        self._grown = threading.Condition()
        self._closing = False
        self.damaged_bytes = 0
        self.pending_items = 0
        self.pending_bytes = 0
        segments = self._segments()
        first = Position(segments[0] if segments else 1, 0)
        self._cursor = self._cursor_file.load() or Cursor(first, first)
        # Never append to a segment of an earlier process: its tail may be torn.
        tail = max([*segments, self._cursor.sealed.segment, 0]) + 1
        self._durable_end = Position(tail, 0)
        self._count_pending(segments)
        self._appender = Appender(self._fs, folder, self._durable_end, segment_bytes, self._on_durable)

    def append(self, record: Record) -> Future[None]:
        """Queue one record. The future resolves when it is durable.

        Raises:
            Overloaded: the disk budget is spent, or the log is closing.
        """
        if self.pending_bytes > self._budget_bytes:
            raise Overloaded(
                "the write-ahead log has reached its disk budget",
                "nothing of this request was kept; the store is behind, send it again in a second",
            )
        return self._appender.append(record)

    def next_batch(self, max_items: int, linger_s: float) -> Batch | None:
        """Wait for records and seal them into a batch; None once the log is closing.

        A batch sealed before a crash comes first, with its old bounds. Otherwise up to ``max_items`` items (at least
        one record) are taken, ``linger_s`` after the first of them is seen, or at once when there are enough.
        """
        if self._cursor.sealed != self._cursor.checkpoint:
            return self._read(self._cursor.checkpoint, self._cursor.sealed)
        if not self._wait_for_records(max_items, linger_s):
            return None
        start = self._cursor.checkpoint
        batch = self._read(start, self._durable_end, max_items)
        self._save(Cursor(start, batch.end))
        return batch

    def commit(self, batch: Batch) -> None:
        """The batch is in the store: move the checkpoint, then forget segments that lie before it."""
        self._save(Cursor(batch.end, batch.end))
        with self._grown:
            drained = batch.end >= self._durable_end
            self.pending_items = 0 if drained else max(0, self.pending_items - batch.items)
            self.pending_bytes = self._bytes_between(batch.end, self._durable_end)
        worth_it = drained and batch.end.offset >= _SPENT_BYTES
        begun = worth_it and self._appender.begin_segment(batch.end)
        self._forget_before(batch.end.segment + 1 if begun else batch.end.segment)

    def _forget_before(self, first_kept: int) -> None:
        old = [segment for segment in self._segments() if segment < first_kept]
        for segment in old:
            self._fs.unlink(segment_path(self._folder, segment))
        if old:
            self._fs.sync_dir(self._folder)

    def stop_reading(self) -> None:
        """Let ``next_batch`` return None."""
        with self._grown:
            self._closing = True
            self._grown.notify_all()

    def close(self) -> None:
        self.stop_reading()
        self._appender.close()

    # --- the appender's side ----------------------------------------------------------------------------------------

    def _on_durable(self, end: Position, items: int, size: int) -> None:
        with self._grown:
            self._durable_end = end
            self.pending_items += items
            self.pending_bytes += size
            self._grown.notify_all()

    def _wait_for_records(self, max_items: int, linger_s: float) -> bool:
        with self._grown:
            self._grown.wait_for(lambda: self.pending_items > 0 or self._closing)
            deadline = time.monotonic() + linger_s
            self._grown.wait_for(
                lambda: self.pending_items >= max_items or self._closing,
                timeout=max(0.0, deadline - time.monotonic()),
            )
            return self.pending_items > 0 and not self._closing

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read(self, start: Position, end: Position, max_items: int | None = None) -> Batch:
        records: list[Record] = []
        items = 0
        at = start
        for segment in [s for s in self._segments() if start.segment <= s <= end.segment]:
            offset = start.offset if segment == start.segment else 0
            path = segment_path(self._folder, segment)
            stop = end.offset if segment == end.segment else self._fs.size(path)
            at = Position(segment, offset)
            for found in read(self._fs, path, offset, stop):
                at = Position(segment, found.end)
                if isinstance(found, Damage):
                    self._quarantine(segment, found)
                    continue
                records.append(found.record)
                items += found.record.items
                if max_items is not None and items >= max_items:
                    return self._batch(start, at, records)
        return self._batch(start, max(at, end), records)

    def _batch(self, start: Position, end: Position, records: list[Record]) -> Batch:
        token = f"{self.id}-{start.segment}.{start.offset}-{end.segment}.{end.offset}"
        return Batch(token, start, end, records)

    def _quarantine(self, segment: int, damage: Damage) -> None:
        """Keep damaged bytes for a person to look at; they are skipped from now on."""
        folder = self._folder / "quarantine"
        self._fs.make_dir(folder)
        data = self._fs.read(segment_path(self._folder, segment), damage.start, damage.end - damage.start)
        self._fs.write_at(folder / f"{segment:012d}-{damage.start}.bin", 0, data)
        self.damaged_bytes += len(data)

    # --- bookkeeping ------------------------------------------------------------------------------------------------

    def _save(self, cursor: Cursor) -> None:
        self._cursor_file.save(cursor)
        self._cursor = cursor

    def _segments(self) -> list[int]:
        names = self._fs.names(self._folder)
        return [int(name[: -len(_SUFFIX)]) for name in names if name.endswith(_SUFFIX) and name[:12].isdigit()]

    def _load_id(self) -> str:
        path = self._folder / "id"
        if "id" not in self._fs.names(self._folder):
            self._fs.write_at(path, 0, uuid.uuid4().hex.encode())
            self._fs.sync_dir(self._folder)
        return self._fs.read(path, 0, 64).decode(errors="replace").strip()

    def _count_pending(self, segments: list[int]) -> None:
        checkpoint = self._cursor.checkpoint
        for segment in [s for s in segments if s >= checkpoint.segment]:
            offset = checkpoint.offset if segment == checkpoint.segment else 0
            path = segment_path(self._folder, segment)
            size = self._fs.size(path)
            found = read(self._fs, path, offset, size)
            self.pending_items += sum(f.record.items for f in found if not isinstance(f, Damage))
            self.pending_bytes += max(0, size - offset)

    def _bytes_between(self, start: Position, end: Position) -> int:
        total = 0
        for segment in [s for s in self._segments() if start.segment <= s <= end.segment]:
            size = self._fs.size(segment_path(self._folder, segment))
            total += size - (start.offset if segment == start.segment else 0)
        return total
