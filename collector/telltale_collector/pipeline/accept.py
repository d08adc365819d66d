"""accept: a request's bytes to a durable record. Only then may the sender be told 200."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum

from telltale_collector.decode import Checked, Media, check_logs, check_metrics, check_traces
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Record, Signal, Wal


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
    def __init__(self, wal: Wal, telemetry: Telemetry) -> None:
        self._wal = wal
        self._telemetry = telemetry

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
        if not checked.accepted:
            nothing: Future[None] = Future()
            nothing.set_result(None)
            return Accepted(checked, nothing)
        record = Record(time.time_ns(), _KEPT_AS[signal], checked.accepted, project, checked.payload)
        durable = self._wal.append(record)
        durable.add_done_callback(lambda done: self._count(signal, checked.accepted, done))
        return Accepted(checked, durable)

    def _count(self, signal: OtlpSignal, items: int, done: Future[None]) -> None:
        if done.exception() is None:
            self._telemetry.received.labels(signal.value).inc(items)
