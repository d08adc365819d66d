"""The thread that carries sealed batches into the store, for ever: a store that is down delays, it never loses."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from telltale_collector.errors import StoreError
from telltale_collector.model import CALL_KINDS
from telltale_collector.pipeline.carry import carry
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.settle import Settler
from telltale_collector.settings import Settings
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Batch, Wal

log = logging.getLogger("telltale.settle")

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0


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
        self._wal = wal
        self._settler = settler
        self._writer = writer
        self._telemetry = telemetry
        self._ledger = ledger
        self._batch_spans = settings.batch_spans
        self._linger_s = settings.linger_ms / 1000
        self._stopping = threading.Event()
        self.trouble: str | None = None
        self._held: Batch | None = None
        self._thread = threading.Thread(target=self._run, name="settle", daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch under way (not one that keeps failing), then stop. The rest waits in the log."""
        self._stopping.set()
        self._wal.stop_reading()
        self._thread.join()

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                self._settler.warm_up()
                self._held = self._held or self._wal.next_batch(self._batch_spans, self._linger_s)
                if self._held is None:
                    return
                self._carry(self._held)
                self._held = None
            except (StoreError, OSError) as error:
                self._report(error)
                self._stopping.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                continue
            wait_s = _FIRST_WAIT_S
            self.trouble = None

    def _carry(self, batch: Batch) -> None:
        """A batch that fails is held: the next round carries the same records, under the same token."""
        with self._telemetry.settle_seconds.time():
            carried = carry(self._settler, self._writer, batch.records, batch.token)
            self._ledger.settled(batch, carried)
            self._wal.commit(batch)
        for rows in carried.rows:
            self._count(rows)
        for letter in carried.dead_letters:
            log.error("a %s item cannot be stored and is kept in dead_letters: %s", letter.signal, letter.reason)
        self._telemetry.dead_letters.inc(len(carried.dead_letters))

    def _report(self, error: Exception) -> None:
        self._telemetry.insert_failures.inc()
        if self.trouble is None:
            log.warning("the store does not take a batch, it is tried again until it does: %s", error)
        self.trouble = str(error)

    def _count(self, rows: Rows) -> None:
        for table, count in (
            ("spans", len(rows.spans)),
            ("log_events", len(rows.log_events)),
            ("scores", len(rows.scores)),
            ("metric_points", len(rows.metric_points)),
        ):
            self._telemetry.stored.labels(table).inc(count)
        calls = [span.call for span in rows.spans if span.call.kind in CALL_KINDS and span.duplicate_of is None]
        for cost_source, count in Counter(call.cost_source or "none" for call in calls).items():
            self._telemetry.calls.labels(cost_source).inc(count)
