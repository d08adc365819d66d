"""The ledger: received = stored + rejected + dropped + pending, for every project and hour of arrival, at any moment.

    arrived    a record goes into the write-ahead log: received and pending (or rejected) grow together
    withdrawn  it did not get there: nobody was told 200, it does not count
    settled    a batch is in the store: pending becomes stored, rejected or dropped, in one step

The counts of settled batches lie in the store, those of the others follow from the write-ahead log: after any end
the two make the same account again. ``LedgerHour`` says what each word means.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from telltale_collector.model import DeadLetter, LedgerHour, Tally, TimeNs, hour_of
from telltale_collector.model.ledger import HOUR_NS, sum_of
from telltale_collector.pipeline.carry import Carried
from telltale_collector.pipeline.outcomes import read_outcomes
from telltale_collector.store.ledger import LedgerTable
from telltale_collector.wal import Batch, Record, Signal
from telltale_collector.wal.lost import Lost
from telltale_collector.wal.position import Position

_HourKey = tuple[str, TimeNs]
_SIGNALS: dict[int, str] = {Signal.TRACES: "traces", Signal.LOGS: "logs", Signal.METRICS: "metrics"}

_OTHER_SIGNAL = "other"
_DAMAGED = "damaged in the write-ahead log, kept in quarantine"
_NEWER = "written by a newer version, kept in quarantine"

_OFFSET_BITS = 40
_LONGEST_REASON = 120


class Ledger:
    """Counts in memory, complete for all hours, backed by the table. May be used from any thread."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table
        self._lock = threading.Lock()
        self._hours: dict[_HourKey, LedgerHour] = {}
        self._complete_to = 0

    def load(self) -> None:
        """Take what is in the table; once, before anything arrives."""
        tallies, self._complete_to = self._table.load()
        for tally in tallies:
            self._end(tally)
            if tally.outcome != "dropped_by_clients":
                self._hour(tally.project, tally.hour).received += tally.items

    def found(self, end: Position, record: Record | Lost) -> None:
        """A record, good or damaged, that an earlier process left in the log; ``end`` is where it ends."""
        if _place(end) <= self._complete_to:
            return
        if isinstance(record, Record):
            self.arrived(record)
        elif record.signal != Signal.OUTCOMES:
            with self._lock:
                self._expect(record, 1)

    def arrived(self, record: Record) -> None:
        """The record is handed to the write-ahead log."""
        self._count(record, 1)

    def withdrawn(self, record: Record) -> None:
        """The write-ahead log did not take the record."""
        self._count(record, -1)

    def settled(self, batch: Batch, carried: Carried) -> None:
        """A batch is in the store; call it before the batch is committed. The same batch again changes nothing.

        Raises:
            StoreError: the table takes nothing now; carry and settle the same batch again.
        """
        if _place(batch.end) <= self._complete_to:
            return
        ended = [*_ended(batch.records, carried.dead_letters), *self._dropped(batch.lost)]
        told = [tally for record in batch.records for tally in read_outcomes(record)]
        if ended or told:
            self._table.add([*ended, *told], _place(batch.end), batch.token)
        with self._lock:
            self._complete_to = _place(batch.end)
            for tally in ended:
                self._end(tally)
                self._hour(tally.project, tally.hour).pending -= tally.items

    def _dropped(self, lost: Sequence[Lost]) -> list[Tally]:
        """Of damaged records what they can have held: damage to a head may say anything."""
        tallies: list[Tally] = []
        for record in lost:
            hour = self._hours.get((record.project, hour_of(record.received_at_ns)))
            if record.signal != Signal.OUTCOMES and hour is not None and record.items <= hour.pending:
                signal = _SIGNALS.get(record.signal, _OTHER_SIGNAL)
                reason = _DAMAGED if record.is_damaged else _NEWER
                tallies.append(Tally(record.project, hour.time, signal, "dropped", reason, record.items))
        return tallies

    def between(self, project: str, start: TimeNs, end: TimeNs) -> list[LedgerHour]:
        """Copies of the hours that overlap ``start:end``, in order; all of them as they are at one moment."""
        with self._lock:
            found = [
                _copy(hour)
                for (owner, time), hour in self._hours.items()
                if owner == project and time < end and time + HOUR_NS > start
            ]
        return sorted(found, key=lambda hour: hour.time)

    def total(self) -> LedgerHour:
        """All projects and hours as one."""
        with self._lock:
            return sum_of(self._hours.values())

    def _count(self, record: Record, sign: int) -> None:
        with self._lock:
            if record.signal is Signal.OUTCOMES:
                self._count_outcomes(record, sign)
                return
            self._expect(record, sign)

    def _expect(self, record: Record | Lost, sign: int) -> None:
        hour = self._hour(record.project, hour_of(record.received_at_ns))
        hour.received += sign * record.items
        hour.pending += sign * record.items

    def _count_outcomes(self, record: Record, sign: int) -> None:
        """Items set aside at the door are rejected from the moment that this is in the log."""
        for tally in read_outcomes(record):
            self._end(tally, sign)
            if tally.outcome == "rejected":
                self._hour(tally.project, tally.hour).received += sign * tally.items

    def _end(self, tally: Tally, sign: int = 1) -> None:
        hour = self._hour(tally.project, tally.hour)
        setattr(hour, tally.outcome, getattr(hour, tally.outcome) + sign * tally.items)
        if tally.outcome != "stored":
            reasons = hour.reasons.setdefault(tally.outcome, {})
            reasons[tally.reason] = reasons.get(tally.reason, 0) + sign * tally.items

    def _hour(self, project: str, time: TimeNs) -> LedgerHour:
        return self._hours.setdefault((project, time), LedgerHour(project, time))


def _ended(records: Sequence[Record], dead_letters: Sequence[DeadLetter]) -> list[Tally]:
    """What became of the items of a batch: stored, all but the dead letters."""
    came: Counter[tuple[str, TimeNs, str]] = Counter()
    for record in records:
        if signal := _SIGNALS.get(record.signal):
            came[record.project, hour_of(record.received_at_ns), signal] += record.items
    dead = Counter(
        (letter.project, hour_of(letter.received_at), letter.signal, letter.reason.split(": ")[0][:_LONGEST_REASON])
        for letter in dead_letters
    )
    for (project, hour, signal, _reason), items in dead.items():
        came[project, hour, signal] -= items
    stored = [Tally(project, hour, signal, "stored", "", items) for (project, hour, signal), items in came.items()]
    rejected = [Tally(*key[:3], "rejected", key[3], items) for key, items in dead.items()]
    return [tally for tally in (*stored, *rejected) if tally.items]


def _place(position: Position) -> int:
    """A position as one number that grows along the log."""
    return position.segment << _OFFSET_BITS | position.offset


def _copy(hour: LedgerHour) -> LedgerHour:
    return replace(hour, reasons={outcome: dict(reasons) for outcome, reasons in hour.reasons.items()})
