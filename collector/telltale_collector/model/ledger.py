"""What became of everything that came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from telltale_collector.model.primitives import TimeNs

Outcome = Literal["stored", "rejected", "dropped", "dropped_by_clients"]

COUNTS = ("received", "stored", "rejected", "dropped", "pending", "dropped_by_clients")
HOUR_NS = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Tally:
    """So many items of one project and hour of arrival ended in one way.

    Attributes:
        hour: when the hour of arrival begins.
        signal: ``traces``, ``logs`` or ``metrics``.
        reason: why; "" for what is stored.
    """

    project: str
    hour: TimeNs
    signal: str
    outcome: Outcome
    reason: str
    items: int


@dataclass(slots=True)
class LedgerHour:
    """The account of one project and hour of arrival (UTC): received = stored + rejected + dropped + pending.

    An item is a span, a log record or a metric point. The ledger counts items as they come, not rows: a span that is
    sent twice counts twice.

    Attributes:
        received: items of requests that were taken in, good ones and bad ones. What was refused as a whole (400, 413,
            503 and so on) was not received: its sender knows.
        stored: items that the store has taken in.
        rejected: items set aside with a reason: at the door, told to the sender; or behind it, kept among the dead
            letters.
        dropped: items that were acknowledged and cannot be read back from the write-ahead log. Counted by the heads
            of the damaged records; of a record whose very head is damaged the items stay pending until the collector
            starts again, and are then unknown.
        pending: items in the write-ahead log, on their way to the store.
        dropped_by_clients: items that SDKs say they gave up before sending; beside the account, not part of it.
        reasons: of rejected, dropped and dropped_by_clients: reason to items.
    """

    project: str
    time: TimeNs
    received: int = 0
    stored: int = 0
    rejected: int = 0
    dropped: int = 0
    pending: int = 0
    dropped_by_clients: int = 0
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)


def hour_of(time: TimeNs) -> TimeNs:
    """The beginning of the hour that ``time`` lies in."""
    return time // HOUR_NS * HOUR_NS


def counts_of(hour: LedgerHour) -> dict[str, int]:
    """The six counts, by name."""
    return {name: getattr(hour, name) for name in COUNTS}


def sum_of(hours: Iterable[LedgerHour]) -> LedgerHour:
    """All hours as one, whose project and time mean nothing."""
    total = LedgerHour("", 0)
    for hour in hours:
        for name in COUNTS:
            setattr(total, name, getattr(total, name) + getattr(hour, name))
        for outcome, reasons in hour.reasons.items():
            sums = total.reasons.setdefault(outcome, {})
            for reason, items in reasons.items():
                sums[reason] = sums.get(reason, 0) + items
    return total
