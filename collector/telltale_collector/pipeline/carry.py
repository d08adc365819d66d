"""One batch into the store, whatever is in it: what cannot be stored is found by halving and set aside with its reason.

Only what is proven bad goes to the dead letters: a store that is away or full is the caller's to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from google.protobuf.message import DecodeError

from telltale_collector.decode import split_request
from telltale_collector.errors import StoreError
from telltale_collector.model import DeadLetter
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.wal import Record

_SETTLE_FAULTS = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError),
    DecodeError,
)
"""What a fault in our own reading of a span may raise: the span waits among the dead letters until it is mended."""


@dataclass(slots=True)
class Carried:
    """What became of a batch."""

    rows: list[Rows] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


def carry(settler: Settler, writer: Writer, records: Sequence[Record], token: str) -> Carried:
    """Settle and write records; safe to repeat under the same token.

    Raises:
        StoreError: the store takes nothing now; carry the same records again later.
    """
    carried = Carried()
    _carry(settler, writer, list(records), token, carried)
    if carried.dead_letters:
        writer.write_dead_letters(carried.dead_letters, token)
    return carried


def _carry(settler: Settler, writer: Writer, records: list[Record], token: str, carried: Carried) -> None:
    try:
        rows = settler.settle(records)
        writer.write(rows, token)
    except StoreError as error:
        if not error.permanent:
            raise
        reason = error.message
    except _SETTLE_FAULTS as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        carried.rows.append(rows)
        return
    parts = _halves(records)
    if not parts:
        carried.dead_letters += [_dead_letter(record, reason) for record in records]
    for at, part in enumerate(parts):
        _carry(settler, writer, part, f"{token}-{at}", carried)


def _halves(records: list[Record]) -> list[list[Record]]:
    """Two halves; of one record its items; nothing where there is nothing left to divide."""
    if len(records) == 1:
        record = records[0]
        if record.items <= 1:
            return []
        records = [replace(record, items=1, payload=item) for item in split_request(record.signal.name, record.payload)]
    middle = len(records) // 2
    return [half for half in (records[:middle], records[middle:]) if half]


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    return DeadLetter(record.project, record.signal.name.lower(), reason, record.payload, record.received_at_ns)
