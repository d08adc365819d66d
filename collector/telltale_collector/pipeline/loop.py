"""The three threads that carry sealed batches into the store, for ever: a store that is down delays, it never loses.

    take ──▶ (one batch waits) ──▶ settle ──▶ (one batch waits) ──▶ write

While one batch is written, mostly inside the engine, the next is settled, and the one after it, where it is large, read
by another process. Batches are settled and written in the order in which they were sealed.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from telltale_collector.errors import StoreError
from telltale_collector.model import CALL_KINDS
from telltale_collector.pipeline.carry import Carried, Prepared, prepare, store
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.pace import Pace
from telltale_collector.pipeline.read_ahead import Pending
from telltale_collector.pipeline.settle import Settler
from telltale_collector.settings import Settings
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Batch, Wal

log = logging.getLogger("telltale.settle")

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
_LOOK_EVERY_S = 0.25

_PASSING = (StoreError, OSError, MemoryError, RuntimeError)
"""What time may mend: the store, the disk, and what a process lacks for a moment (memory, threads)."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Taken:
    """A sealed batch. ``pending``: another process reads it."""

    batch: Batch
    pending: Pending | None


@dataclass(frozen=True, slots=True)
class _Settled:
    """``refusals``: how often rows had been refused when it was settled."""

    batch: Batch
    prepared: Prepared
    refusals: int


class SettleLoop:
    """Takes one batch after the other; a batch that fails is tried again, unchanged, without limit."""

    def __init__(
        self,
        wal: Wal,
        settler: Settler,
        writer: Writer,
        ledger: Ledger,
        telemetry: Telemetry,
        settings: Settings,
    ) -> None:
        self.pace = Pace(lambda: wal.pending_items, settings.ack_delay_ms / 1000)
        self._wal = wal
        self._settler = settler
        self._writer = writer
        self._telemetry = telemetry
        self._ledger = ledger
        self._batch_spans = settings.batch_spans
        self._batch_bytes = settings.batch_bytes
        self._linger_s = settings.linger_ms / 1000
        self._stopping = threading.Event()
        self._taken: queue.Queue[_Taken] = queue.Queue(maxsize=1)
        self._settled: queue.Queue[_Settled] = queue.Queue(maxsize=1)
        self._troubles: dict[str, str] = {}
        self._refusals = 0
        self._threads = (
            threading.Thread(target=self._take_all, name="take", daemon=True),
            threading.Thread(target=self._settle_all, name="settle", daemon=True),
            threading.Thread(target=self._write_all, name="write", daemon=True),
        )

    @property
    def trouble(self) -> str | None:
        """Why the thread that fails now does so; None: none does."""
        return next(iter(self._troubles.copy().values()), None)

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the batches under way (not one that keeps failing), then stop. The rest waits in the log."""
        self._stopping.set()
        self._wal.stop_reading()
        self._settler.ahead.stop()
        for thread in self._threads:
            thread.join()

    def _hand(self, to: queue.Queue[Result], item: Result) -> None:
        """Give it to the next thread, or drop it where that is not there to take it and the loop stops."""
        while not self._stopping.is_set():
            with suppress(queue.Full):
                to.put(item, timeout=_LOOK_EVERY_S)
                return

    def _handed_over(self, to: queue.Queue[Result]) -> Iterator[Result]:
        """What the thread before this one gives, until the loop stops: what is left then is sealed, and comes again."""
        while not self._stopping.is_set():
            with suppress(queue.Empty):
                yield to.get(timeout=_LOOK_EVERY_S)

    # --- take -------------------------------------------------------------------------------------------------------

    def _take_all(self) -> None:
        while batch := self._until_done(self._next_batch):
            self._hand(self._taken, _Taken(batch, self._settler.ahead.begin(batch.records)))

    def _next_batch(self) -> Batch | None:
        return self._wal.next_batch(self._batch_spans, self._linger_s, self._batch_bytes)

    # --- settle -----------------------------------------------------------------------------------------------------

    def _settle_all(self) -> None:
        self._until_done(self._settler.warm_up)
        for taken in self._handed_over(self._taken):
            settled = self._until_done(partial(self._settle, taken.batch, taken.pending))
            if settled is not None:
                self._hand(self._settled, settled)

    def _settle(self, batch: Batch, pending: Pending | None = None) -> _Settled:
        refusals = self._refusals
        reading = pending.result() if pending is not None else None
        with self._telemetry.settle_seconds.time():
            prepared = prepare(self._settler, batch.records, reading)
        for part in prepared.parts:
            self._settler.view.add(part.rows, part.records)
        return _Settled(batch, prepared, refusals)

    # --- write ------------------------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        for settled in self._handed_over(self._settled):
            ready = self._until_done(partial(self._as_it_stands, settled))
            if ready is not None:
                self._until_done(partial(self._write, ready))

    def _as_it_stands(self, settled: _Settled) -> _Settled:
        """A batch that was settled behind a span that was then refused is settled anew: it must not count on it."""
        if settled.refusals == self._refusals:
            return settled
        for part in settled.prepared.parts:
            self._settler.view.stored(part.rows)
        return self._settle(settled.batch)

    def _write(self, settled: _Settled) -> Carried:
        """A batch that fails is held: the next round writes the same rows, under the same token."""
        batch, prepared = settled.batch, settled.prepared
        with self._telemetry.write_seconds.time():
            carried = store(self._writer, self._settler, prepared, batch.token)
            self._ledger.settled(batch, carried)
            self._wal.commit(batch)
        self.pace.stored(batch.items)
        if len(carried.dead_letters) > len(prepared.dead_letters):
            self._refusals += 1
        for part in prepared.parts:
            self._settler.view.stored(part.rows)
        for rows in carried.rows:
            self._count(rows)
        for letter in carried.dead_letters:
            log.error("a %s item cannot be stored and is kept in dead_letters: %s", letter.signal, letter.reason)
        self._telemetry.dead_letters.inc(len(carried.dead_letters))
        return carried

    def _until_done(self, step: Callable[[], Result]) -> Result | None:
        """Try a step until the store and the disk let it be done; None: the loop is stopping."""
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                result = step()
            except _PASSING as error:
                self._report(error)
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                continue
            self._troubles.pop(threading.current_thread().name, None)
            self.pace.is_off = bool(self._troubles)
            return result
        return None

    def _report(self, error: Exception) -> None:
        self._telemetry.insert_failures.inc()
        if not self._troubles:
            log.warning("the store does not take a batch, it is tried again until it does: %s", error)
        self._troubles[threading.current_thread().name] = str(error)
        self.pace.is_off = True

    def _count(self, rows: Rows) -> None:
        for table, count in (
            ("spans", len(rows.spans) + (rows.encoded.block.rows if rows.encoded else 0)),
            ("log_events", len(rows.log_events)),
            ("scores", len(rows.scores)),
            ("metric_points", len(rows.metric_points)),
        ):
            self._telemetry.stored.labels(table).inc(count)
        calls = [span.call for span in rows.spans if span.call.kind in CALL_KINDS and span.duplicate_of is None]
        costs = Counter(call.cost_source or "none" for call in calls)
        for cost_source, count in (costs + (rows.encoded.costs if rows.encoded else Counter())).items():
            self._telemetry.calls.labels(cost_source).inc(count)
