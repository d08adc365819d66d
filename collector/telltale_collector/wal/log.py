"""The log itself: opening after any kind of end, appending, sealed batches, checkpoints."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from telltale_collector.errors import Overloaded
from telltale_collector.wal.appender import Appender
from telltale_collector.wal.batch import Batch, Contents, Limit, count_items, read_contents, read_waiting
from telltale_collector.wal.group_commit import FULL_HINT, GroupCommit
from telltale_collector.wal.history import read_history
from telltale_collector.wal.host import Host
from telltale_collector.wal.identity import load_id, renew_id
from telltale_collector.wal.journal import Journal
from telltale_collector.wal.lost import Lost, lost_records
from telltale_collector.wal.position import Bounds, Position
from telltale_collector.wal.quarantine import Quarantine
from telltale_collector.wal.record import Record
from telltale_collector.wal.room import Reserve, Room
from telltale_collector.wal.segments import Segments

log = logging.getLogger("telltale.wal")

KEEP_S = 600.0
"""How long a stored segment is kept for the case that the machine loses what the store has not yet on its disk."""
OPEN_BATCHES = 6
"""This many batches may be handed out and not yet committed."""
BATCH_BYTES = 32 << 20
QUEUE_BYTES = 64 << 20
"""More than this is never queued in memory for the disk."""
_TIDY_EVERY_S = 30.0


class Wal:
    """A write-ahead log in ``folder``.

    One thread may call ``next_batch``, one ``commit``, any ``append``. Where the host is not threaded, nothing becomes
    durable before ``flush``.

    Args:
        folder: its own directory, made if absent.
        budget_bytes: with more than this waiting for the store, ``append`` refuses (Overloaded).
        segment_bytes: a segment is closed once it is this large.
        keep_s: stored segments are given up after this time, earlier where the budget needs their room.
        host: disk, clock and boot.

    Raises:
        OSError: the folder cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        budget_bytes: int = 8 << 30,
        segment_bytes: int = 64 << 20,
        keep_s: float = KEEP_S,
        host: Host | None = None,
    ) -> None:
        self._host = host or Host()
        self._fs = self._host.fs
        self._folder = folder
        self._budget_bytes = budget_bytes
        self._keep_s = keep_s
        self._fs.make_dir(folder)
        self.id = load_id(self._fs, folder)
        history = read_history(self._fs, folder, self.id)
        if history.checkpoint is None:
            self.id = renew_id(self._fs, folder)
        self._grown = threading.Condition()
        self._closing = False
        self._segments = Segments(self._fs, folder)
        self._quarantine = Quarantine(self._fs, folder, self._segments)
        self._journal = Journal(self._fs, folder, self.id, self._host.boot_id)
        self._journal.recover(history, self._segments)
        self._unsealed = self._journal.end
        self._sync_found()
        self._unhanded: deque[Bounds] = deque(self._journal.sealed)
        # Never append to a segment of an earlier process: its tail may be torn.
        self._durable_end = Position(self._journal.last_segment + 1, 0)
        self._segment_began_at = self._host.clock()
        self._unsealed_items = self.pending_items = self.pending_bytes = 0
        self._count_pending()
        reserve = Reserve(self._fs, folder, self._host.clock)
        self._room = Room(self._segments, self._journal, reserve, keep_s, budget_bytes, self._host.clock)
        self._commits = GroupCommit(
            self._segments, self._durable_end.segment, segment_bytes, self._on_durable, self._on_refusal
        )
        self._begin()
        self._appender = Appender(self._commits) if self._host.threaded else None

    @property
    def damaged_bytes(self) -> int:
        """Bytes found since start that are no record; they are in quarantine."""
        return self._quarantine.damaged_bytes

    @property
    def unknown_items(self) -> int:
        """Items found since start whose signal only a newer version knows; they are in quarantine."""
        return self._quarantine.unknown_items

    @property
    def queued_bytes(self) -> int:
        """Bytes in memory that wait for the disk."""
        return self._commits.queued_bytes

    @property
    def trouble(self) -> str | None:
        """Why nothing new is taken in, or what came last was refused by the disk; None: neither."""
        return self.shortage or self._commits.failure

    @property
    def shortage(self) -> str | None:
        """Why nothing new is taken in now; None: it is tried."""
        queued = self._commits.queued_bytes
        if self.pending_bytes + queued > self._budget_bytes:
            return "the write-ahead log has reached its disk budget: the store is behind"
        if self._room.is_short:
            return "the disk of the write-ahead log is full"
        return "the disk of the write-ahead log is too slow" if queued > QUEUE_BYTES else None

    @property
    def has_batch(self) -> bool:
        """Whether ``next_batch`` has something to hand out."""
        return bool(self._unhanded) or self._segments.next_after(self._unsealed) is not None

    def append(self, record: Record) -> Future[None]:
        """Queue one record. The future resolves when it is durable.

        Raises:
            Overloaded: the disk budget is spent, the disk is too slow, or the log is closing.
        """
        if shortage := self.shortage:
            raise Overloaded(shortage, FULL_HINT)
        return self._commits.submit(record)

    def flush(self) -> bool:
        """Without a thread: write what waits, as one group. False where nothing did."""
        return self._commits.flush()

    def next_batch(self, max_items: int, linger_s: float, max_bytes: int = BATCH_BYTES) -> Batch | None:
        """Wait for records and seal them into a batch; None once the log is closing.

        Batches sealed before a crash come first, with their old bounds. Otherwise about ``max_items`` items of at
        most ``max_bytes`` (at least one record) are taken, ``linger_s`` after the first of them is seen, or at once
        when there are enough. May be called again while earlier batches are not committed; with ``OPEN_BATCHES`` of
        them it waits for a commit.

        Raises:
            OSError: the disk fails; call again, nothing is left out.
        """
        if not self._wait(max_items, linger_s, max_bytes):
            return None
        contents = None if self._unhanded else self._seal(Limit(max_items, max_bytes))
        return self._hand_out(contents or read_contents(self._segments, self._unhanded[0]))

    def commit(self, batch: Batch) -> None:
        """The batch is in the store. Batches are committed in the order in which they were sealed.

        Raises:
            ValueError: another batch is older, or this one is committed already.
        """
        self._journal.stored(batch.bounds)
        with self._grown:
            self.pending_items -= batch.items
            self.pending_bytes -= self._segments.bytes_in(batch.bounds)
            self._grown.notify_all()
        self._tidy()

    def stop_reading(self) -> None:
        """Let ``next_batch`` return None."""
        with self._grown:
            self._closing = True
            self._grown.notify_all()

    def close(self) -> None:
        self.stop_reading()
        (self._appender or self._commits).close()
        self._journal.close()

    # --- the appender's side ----------------------------------------------------------------------------------------

    def _on_durable(self, end: Position, items: int, size: int) -> None:
        with self._grown:
            self._segments.grow(end)
            if end.segment != self._durable_end.segment:
                self._segment_began_at = self._host.clock()
            self._durable_end = end
            self.pending_items += items
            self._unsealed_items += items
            self.pending_bytes += size
            self._grown.notify_all()
        if self._segments.total_bytes > self._budget_bytes:
            self._tidy()

    def _on_refusal(self, error: OSError) -> None:
        self._room.yield_kept(error, self._durable_end.segment)

    # --- the reader's side, and room ---------------------------------------------------------------------------------

    def _wait(self, max_items: int, linger_s: float, max_bytes: int) -> bool:
        """Wait until there is something to hand out and room to do so."""
        with self._grown:
            while not self._grown.wait_for(self._may_hand_out, timeout=_TIDY_EVERY_S):
                self._grown.release()
                try:
                    self._tidy()
                finally:
                    self._grown.acquire()
            if not self._unhanded:
                self._grown.wait_for(lambda: self._closing or self._has(max_items, max_bytes), timeout=linger_s)
            return not self._closing

    def _may_hand_out(self) -> bool:
        is_open = len(self._journal.sealed) - len(self._unhanded)
        return self._closing or (is_open < OPEN_BATCHES and self.has_batch)

    def _has(self, items: int, size: int) -> bool:
        return self._unsealed_items >= items or self._segments.bytes_after(self._unsealed) >= size

    def _seal(self, limit: Limit) -> Contents:
        """The next unsealed records, their bounds durable. A batch lies within one segment."""
        stretch = self._segments.next_after(self._unsealed)
        assert stretch is not None
        contents = read_contents(self._segments, stretch.bounds, limit)
        self._with_room(lambda: self._journal.seal(contents.bounds))
        with self._grown:
            self._unsealed = contents.bounds.end
            self._unsealed_items -= contents.items
            self._unhanded.append(contents.bounds)
        return contents

    def _hand_out(self, contents: Contents) -> Batch:
        if contents.others:
            self._with_room(lambda: self._quarantine.keep(contents.others))
        lost = list(lost_records(self._segments, contents.others))
        with self._grown:
            self._unhanded.popleft()
        start, end = contents.bounds
        token = f"{self.id}-{start.segment}.{start.offset}-{end.segment}.{end.offset}"
        return Batch(token, start, end, contents.records, lost)

    def _with_room(self, write: Callable[[], None]) -> None:
        """Write; where the disk is full, make room and write again, to another file."""
        try:
            write()
        except OSError as error:
            if not self._room.make(error, self._durable_end.segment):
                raise
            write()

    def _tidy(self) -> None:
        try:
            self._begin_segment_if_old()
            self._room.tidy(self._durable_end.segment)
        except OSError as error:
            log.warning("stored segments cannot be removed now: %s", error)

    def _begin_segment_if_old(self) -> None:
        """What is stored shall not stay for long because little comes after it."""
        end = self._durable_end
        if self._journal.checkpoint < end or self._host.clock() - self._segment_began_at < self._keep_s:
            return
        begun = self._commits.begin_segment(end)
        with self._grown:
            if begun and self._durable_end == end:
                self._durable_end = begun

    def waiting(self) -> Iterator[tuple[Position, Record | Lost]]:
        """What is not committed, each with its end; to be asked before anything is appended or handed out."""
        sealed = [stretch for bounds in self._journal.sealed for stretch in self._segments.stretches(bounds)]
        return read_waiting(self._segments, [*sealed, *self._segments.after(self._unsealed)])

    # --- opening ----------------------------------------------------------------------------------------------------

    def _sync_found(self) -> None:
        try:
            self._segments.sync_after(self._unsealed)
        except OSError as error:
            log.warning("what the process before wrote last may not be on the disk: %s", error)

    def _count_pending(self) -> None:
        sealed = [stretch for bounds in self._journal.sealed for stretch in self._segments.stretches(bounds)]
        unsealed = self._segments.after(self._unsealed)
        self._unsealed_items = count_items(self._segments, unsealed)
        self.pending_items = self._unsealed_items + count_items(self._segments, sealed)
        self.pending_bytes = sum(stop - start for _, start, stop in (*sealed, *unsealed))

    def _begin(self) -> None:
        """Say that this process has begun. On a full disk that waits for the first batch."""
        self._tidy()
        try:
            self._with_room(self._journal.sync)
        except OSError as error:
            log.warning("the journal of the write-ahead log cannot be written yet: %s", error)
