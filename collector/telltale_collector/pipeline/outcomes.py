"""Counts that have no payload of their own, as records of the write-ahead log: durable like what they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import orjson

from telltale_collector.model import Outcome, Tally, TimeNs, hour_of
from telltale_collector.wal import Record, Signal

_REASONS = 20
_LONGEST_REASON = 120
_OTHER = "other reasons"


def rejection_record(at: TimeNs, project: str, signal: str, reasons: Iterable[str]) -> Record:
    """A record that says why items of a request were set aside at the door."""
    return _record(at, project, signal, "rejected", Counter(map(_in_short, reasons)))


def client_report_record(at: TimeNs, project: str, signal: str, dropped: Mapping[str, int]) -> Record:
    """A record of what an SDK gave up, by reason."""
    counts: Counter[str] = Counter()
    for reason, items in dropped.items():
        counts[_in_short(reason)] += items
    return _record(at, project, signal, "dropped_by_clients", counts)


def read_outcomes(record: Record) -> list[Tally]:
    """The counts of a record; none of one that carries telemetry."""
    if record.signal is not Signal.OUTCOMES:
        return []
    given = orjson.loads(record.payload)
    hour = hour_of(record.received_at_ns)
    return [
        Tally(record.project, hour, given["signal"], given["outcome"], reason, items)
        for reason, items in given["reasons"].items()
    ]


def _record(at: TimeNs, project: str, signal: str, outcome: Outcome, counts: Counter[str]) -> Record:
    """One item: the log hands out what has items."""
    reasons = dict(counts.most_common(_REASONS))
    if rest := counts.total() - sum(reasons.values()):
        reasons[_OTHER] = rest
    payload = orjson.dumps({"signal": signal, "outcome": outcome, "reasons": reasons})
    return Record(at, Signal.OUTCOMES, 1, project, payload)


def _in_short(reason: str) -> str:
    """The reason without its details, which differ from item to item."""
    return reason.split(": ", maxsplit=1)[0][:_LONGEST_REASON]
