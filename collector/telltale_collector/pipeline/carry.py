"""One batch into the store, whatever is in it: what cannot be stored is found by halving and set aside with its reason.

Two steps that a pipeline may overlap: ``prepare`` settles, ``store`` writes; ``carry`` is both. Only what is proven
bad, by being refused alone, goes to the dead letters: a store that is away or full is the caller's to wait for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from telltale_collector.decode import read_spans, split_request
from telltale_collector.errors import StoreError
from telltale_collector.model import DeadLetter, Settled, SpanOutline
from telltale_collector.pipeline.read import FAULTS, Reading
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.wal import Record, Signal

_Item = TypeVar("_Item")

_Divide = Callable[[Callable[[list[Settled]], None], list[Settled]], list[tuple[Settled, str]]]


@dataclass(frozen=True, slots=True)
class Part:
    """Records and the rows they settle to."""

    records: list[Record]
    rows: Rows


@dataclass(slots=True)
class Prepared:
    """A settled batch; ``dead_letters`` are what could not be settled."""

    parts: list[Part] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


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
    return store(writer, settler, prepare(settler, records), token)


# --- settling -------------------------------------------------------------------------------------------------------


def prepare(settler: Settler, records: Sequence[Record], reading: Reading | None = None) -> Prepared:
    """Settle records; in one part, but for faults that only show when items meet.

    Args:
        settler: settles.
        records: of one batch.
        reading: what another process has read of them; without it they are read here.

    Raises:
        StoreError: the store cannot be asked now; prepare the same records again later.
    """
    prepared = Prepared()
    records = [record for record in records if record.signal is not Signal.OUTCOMES]
    if reading is not None and (rows := _taken(settler, reading)) is not None:
        prepared.parts.append(Part(records, rows))
        return prepared
    _settle(settler, records, prepared)
    if len(prepared.parts) > 1:
        together = _settled([record for part in prepared.parts for record in part.records], settler)
        prepared.parts = [together] if isinstance(together, Part) else prepared.parts
    return prepared


def _taken(settler: Settler, reading: Reading) -> Rows | None:
    """None where something is not as it should be: what, is found where the records are read."""
    try:
        return settler.take(reading)
    except StoreError as error:
        if not error.permanent:
            raise
    except FAULTS:
        pass
    return None


def _settle(settler: Settler, records: list[Record], prepared: Prepared) -> None:
    found = _settled(records, settler)
    if isinstance(found, Part):
        prepared.parts.append(found)
        return
    halves = _halves(records)
    if not halves:
        prepared.dead_letters += [_dead_letter(record, found) for record in records]
    for half in halves:
        _settle(settler, half, prepared)


def _settled(records: list[Record], settler: Settler) -> Part | str:
    """The records with their rows, or the reason why there are none."""
    try:
        return Part(records, settler.settle(records))
    except StoreError as error:
        if not error.permanent:
            raise
        return error.message
    except FAULTS as error:
        return f"{type(error).__name__}: {error}"


def _halves(records: list[Record]) -> list[list[Record]]:
    """Two halves; of one record its items; nothing where there is nothing left to divide."""
    if len(records) == 1:
        record = records[0]
        if record.items <= 1:
            return []
        records = list(_items(record))
    middle = len(records) // 2
    return [half for half in (records[:middle], records[middle:]) if half]


def _items(record: Record) -> Iterable[Record]:
    return (replace(record, items=1, payload=item) for item in split_request(record.signal.name, record.payload))


# --- writing --------------------------------------------------------------------------------------------------------


def store(writer: Writer, settler: Settler, prepared: Prepared, token: str) -> Carried:
    """Write what was prepared; safe to repeat under the same token. A bad row costs about 2 log2(rows) inserts.

    Raises:
        StoreError: the store takes nothing now; carry the same records again later.
    """
    carried = Carried(dead_letters=list(prepared.dead_letters))
    for at, part in enumerate(prepared.parts):
        _write(writer, settler, part, f"{token}-{at}" if at else token, carried)
    if carried.dead_letters:
        writer.write_dead_letters(carried.dead_letters, token)
    return carried


def _write(writer: Writer, settler: Settler, part: Part, token: str, carried: Carried) -> None:
    reason = _refusal(lambda: writer.write(part.rows, token))
    if reason is None:
        carried.rows.append(part.rows)
        return
    if part.rows.encoded is not None:
        _write_read_here(writer, settler, part, token, carried)
        return
    rest = replace(part.rows, spans=[], moved=[])
    _write_spans(writer, part, token, carried, attempt=_refused if rest == Rows() else _attempt)
    if rest != Rows():
        _write_rest(writer, settler, Part(part.records, rest), f"{token}-rest", carried)


def _write_read_here(writer: Writer, settler: Settler, part: Part, token: str, carried: Carried) -> None:
    """Read once more what another process has read: a row of it is refused, and which one only shows in the spans."""
    prepared = prepare(settler, part.records)
    carried.dead_letters += prepared.dead_letters
    for at, again in enumerate(prepared.parts):
        _write(writer, settler, again, f"{token}-here-{at}", carried)


def _write_spans(writer: Writer, part: Part, token: str, carried: Carried, *, attempt: _Divide) -> None:
    """The spans of a part that was refused, by halves of its rows: nothing is settled again."""
    moved: dict[tuple[str, str, str], list[tuple[str, SpanOutline]]] = {}
    for project, old in part.rows.moved:
        moved.setdefault((project, *old.key), []).append((project, old))

    def write(spans: list[Settled]) -> None:
        rows = Rows(spans=spans, moved=[old for key in map(_key, spans) for old in moved.get(key, ())])
        writer.write(rows, f"{token}-{_digest(spans)}")
        carried.rows.append(rows)

    refused = {_key(span): reason for span, reason in attempt(write, part.rows.spans)}
    # a stored span that was only to be written anew is in no record: it stays as it is
    found = _records_of(refused, part.records) if refused else {}
    carried.dead_letters += [_dead_letter(record, refused[key]) for key, record in found.items()]


def _write_rest(writer: Writer, settler: Settler, part: Part, token: str, carried: Carried) -> None:
    """All but the spans, by halves of the records: each row's record is then known, at the cost of settling again."""
    reason = _refusal(lambda: writer.write(part.rows, token))
    if reason is None:
        carried.rows.append(part.rows)
        return
    halves = _halves(part.records)
    if not halves:
        carried.dead_letters += [_dead_letter(record, reason) for record in part.records]
    for at, half in enumerate(halves):
        rows = replace(settler.settle(half), spans=[], moved=[])
        if rows != Rows():
            _write_rest(writer, settler, Part(half, rows), f"{token}-{at}", carried)


def _refused(write: Callable[[list[_Item]], None], items: list[_Item]) -> list[tuple[_Item, str]]:
    """Write the others; ``items`` as a whole were refused, so that where the first half goes in the second will not."""
    if len(items) <= 1:
        return _attempt(write, items)
    middle = len(items) // 2
    first = _attempt(write, items[:middle])
    return [*first, *(_attempt if first else _refused)(write, items[middle:])]


def _attempt(write: Callable[[list[_Item]], None], items: list[_Item]) -> list[tuple[_Item, str]]:
    if not items:
        return []
    reason = _refusal(lambda: write(items))
    if reason is None:
        return []
    return _refused(write, items) if len(items) > 1 else [(items[0], reason)]


def _refusal(write: Callable[[], None]) -> str | None:
    """Why the store will never take it, or why we cannot put it into columns; None: it is stored."""
    try:
        write()
    except StoreError as error:
        if not error.permanent:
            raise
        return error.message
    except FAULTS as error:
        return f"{type(error).__name__}: {error}"
    return None


def _key(span: Settled) -> tuple[str, str, str]:
    return (span.project, span.raw.trace_id, span.raw.span_id)


def _digest(spans: Sequence[Settled]) -> str:
    """Names a piece by what is in it: should a retry divide otherwise, no other piece takes its deduplication token."""
    text = "\n".join("/".join(_key(span)) for span in spans)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _records_of(
    keys: Collection[tuple[str, str, str]], records: Sequence[Record]
) -> dict[tuple[str, str, str], Record]:
    """The last item that brought each span, as a record of its own."""
    wanted = {bytes.fromhex(span_id) for _, _, span_id in keys}
    brought = [
        ((record.project, raw.trace_id, raw.span_id), item)
        for record in records
        if record.signal is Signal.TRACES and any(span_id in record.payload for span_id in wanted)
        for item in _items(record)
        for raw in read_spans(item.payload)
    ]
    return {key: item for key, item in brought if key in keys}


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    text = reason.encode(errors="replace").decode()
    return DeadLetter(record.project, record.signal.name.lower(), text, record.payload, record.received_at_ns)
