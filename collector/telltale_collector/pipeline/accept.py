"""accept: a request's bytes to a durable record. Only then may the sender be told 200."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum

from telltale_collector.decode import Checked, Media, check_logs, check_metrics, check_traces
from telltale_collector.errors import Overloaded
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.outcomes import client_report_record, rejection_record
from telltale_collector.pipeline.pace import Pace
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Record, Signal, Wal
from telltale_collector.wal.group_commit import FULL_HINT


class OtlpSignal(Enum):
    """What is sent to ``/v1/<value>``."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


_CHECKS: dict[OtlpSignal, Callable[[bytes, Media], Checked]] = {
    OtlpSignal.TRACES: check_traces,
    OtlpSignal.LOGS: check_logs,
    OtlpSignal.METRICS: check_metrics,
}
_KEPT_AS = {OtlpSignal.TRACES: Signal.TRACES, OtlpSignal.LOGS: Signal.LOGS, OtlpSignal.METRICS: Signal.METRICS}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a request came to. ``durable`` resolves when the accepted items are on disk, or raises Overloaded."""

    checked: Checked
    durable: Future[None]


class Intake:
    def __init__(self, wal: Wal, telemetry: Telemetry, ledger: Ledger, pace: Pace) -> None:
        self.pace = pace
        self._wal = wal
        self._telemetry = telemetry
        self._ledger = ledger

    def check_room(self) -> None:
        """To be asked before a request is read: what will be refused shall cost those that are taken nothing.

        Raises:
            Overloaded: nothing is taken in now.
        """
        if shortage := self._wal.shortage:
            self._telemetry.refusals.labels("disk").inc()
            raise Overloaded(shortage, FULL_HINT)

    def accept(self, signal: OtlpSignal, project: str, body: bytes, media: Media) -> Accepted:
        """Check a request and append what is good of it to the write-ahead log.

        Raises:
            BadRequest: the body as a whole is malformed; nothing was kept.
            Overloaded: there is no room; nothing was kept.
        """
        checked = _CHECKS[signal](body, media)
        self._telemetry.rejected.labels(signal.value).inc(len(checked.rejects))
        for reason, points in checked.ignored.items():
            self._telemetry.metric_points_ignored.labels(reason).inc(points)
        now = time.time_ns()
        records: list[Record] = []
        reasons = [reject.reason for reject in checked.rejects] + [*checked.ignored.elements()]
        if checked.accepted:  # first: where there is no room for it, nothing of the request was received
            records.append(Record(now, _KEPT_AS[signal], checked.accepted, project, checked.payload))
        if reasons:
            records.append(rejection_record(now, project, signal.value, reasons))
        durable = _all([self._append(record) for record in records])
        durable.add_done_callback(lambda done: self._count(signal, checked.accepted, done))
        return Accepted(checked, durable)

    def report(self, project: str, signal: OtlpSignal, dropped: Mapping[str, int]) -> Future[None]:
        """Keep what an SDK says it gave up: items by reason.

        Raises:
            Overloaded: there is no room; nothing was kept.
        """
        return self._append(client_report_record(time.time_ns(), project, signal.value, dropped))

    def _append(self, record: Record) -> Future[None]:
        """In the ledger first: what is in the log is never unaccounted for."""
        self._ledger.arrived(record)
        try:
            durable = self._wal.append(record)
        except Overloaded:
            self._take_back(record)
            raise
        durable.add_done_callback(lambda done: self._take_back(record) if done.exception() else None)
        return durable

    def _take_back(self, record: Record) -> None:
        self._ledger.withdrawn(record)
        self._telemetry.refusals.labels("disk").inc()

    def _count(self, signal: OtlpSignal, items: int, done: Future[None]) -> None:
        if items and done.exception() is None:
            self._telemetry.received.labels(signal.value).inc(items)


def _all(waits: Sequence[Future[None]]) -> Future[None]:
    """Resolves when all are durable. The log resolves them in order: the last one is the last."""
    if len(waits) == 1:
        return waits[0]
    whole: Future[None] = Future()
    if waits:
        waits[-1].add_done_callback(lambda _: _resolve(whole, [wait.exception() for wait in waits]))
    else:
        whole.set_result(None)
    return whole


def _resolve(whole: Future[None], errors: Sequence[BaseException | None]) -> None:
    error = next((error for error in errors if error), None)
    if error:
        whole.set_exception(error)
    else:
        whole.set_result(None)
