"""What damage has cost: the heads of records that cannot be read as a whole, where these still say what was in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from telltale_collector.wal.record import Damage, Unknown, heads
from telltale_collector.wal.segments import Segments

_LONGEST_READ = 64 << 20


@dataclass(slots=True)
class Lost:
    """The head of a record that is damaged (unchecked: the damage may be in it), or of a newer version's kind."""

    received_at_ns: int
    signal: int
    items: int
    project: str
    is_damaged: bool


def lost_records(segments: Segments, others: Iterable[tuple[int, Damage | Unknown]]) -> Iterator[Lost]:
    """The heads of whole records in bytes that are none, or none that this version knows.

    A record that its stretch cuts off is left out: it was torn before anybody was told that it is kept.
    """
    for segment, found in others:
        data = segments.raw(segment, found.start, min(found.end - found.start, _LONGEST_READ))
        for head in heads(data, segments.marker_of(segment)):
            yield Lost(*head, is_damaged=isinstance(found, Damage))
