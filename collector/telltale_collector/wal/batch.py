"""What goes into the store at once, and how it is read from the segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from telltale_collector.wal.lost import Lost, lost_records
from telltale_collector.wal.position import Bounds, Position
from telltale_collector.wal.record import Damage, Found, Record, Unknown
from telltale_collector.wal.segments import Segments, Stretch


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records ``start:end`` that go into the store under one deduplication token.

    The bounds are on disk before the batch is handed out: after a crash the same records come under the same token.
    There may be no records: all of it was damaged. ``lost`` says what is known of those that were.
    """

    token: str
    start: Position
    end: Position
    records: list[Record]
    lost: list[Lost] = field(default_factory=list)

    @property
    def items(self) -> int:
        return sum(record.items for record in self.records)

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.start, self.end)


@dataclass(slots=True)
class Contents:
    """The records of a stretch of the log, and what of it is none: (segment, bytes)."""

    bounds: Bounds
    records: list[Record]
    others: list[tuple[int, Damage | Unknown]]

    @property
    def items(self) -> int:
        return sum(record.items for record in self.records)


class Limit:
    """How much goes into one batch: no record after ``max_items`` items, none that would make it ``max_bytes``.

    A batch is in memory several times while it is settled and written: many items or large ones, both count.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._items = max_items
        self._bytes = max_bytes
        self._is_empty = True

    def takes(self, record: Record) -> bool:
        """Whether there is room for it; there always is for the first."""
        self._bytes -= len(record.payload)
        has_room = self._is_empty or (self._items > 0 and self._bytes >= 0)
        self._items -= record.items
        self._is_empty = False
        return has_room


def read_contents(segments: Segments, bounds: Bounds, limit: Limit | None = None) -> Contents:
    """What of ``bounds`` is on disk; with ``limit`` the first records of it, up to where the limit is reached.

    Raises:
        OSError: the disk fails.
    """
    contents = Contents(bounds, [], [])
    end = bounds.start
    for stretch in segments.stretches(bounds):
        for found in segments.read(stretch):
            if not isinstance(found, Found):
                contents.others.append((stretch.segment, found))
            elif limit is None or limit.takes(found.record):
                contents.records.append(found.record)
            else:
                contents.bounds = Bounds(bounds.start, end)
                return contents
            end = Position(stretch.segment, found.end)
    return contents


def read_waiting(segments: Segments, stretches: Iterable[Stretch]) -> Iterator[tuple[Position, Record | Lost]]:
    """Each record in ``stretches``, and what is known of those that are lost, with where it ends."""
    for stretch in stretches:
        for found in segments.read(stretch):
            at = Position(stretch.segment, found.end)
            if isinstance(found, Found):
                yield at, found.record
                continue
            for lost in lost_records(segments, [(stretch.segment, found)]):
                yield at, lost


def count_items(segments: Segments, stretches: Iterable[Stretch]) -> int:
    """Of the good records in ``stretches``, without holding them."""
    found = (found for stretch in stretches for found in segments.read(stretch))
    return sum(good.record.items for good in found if isinstance(good, Found))
