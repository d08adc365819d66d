"""What the journal files tell of the processes before: how far the store had got, which batches there were.

Where files disagree about a batch the later one holds: a process that could not write its journal begins a new one and
says everything again.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from telltale_collector.wal.cursor import read_cursor
from telltale_collector.wal.filesystem import FileSystem
from telltale_collector.wal.journal_entry import Entry, Kind, decode
from telltale_collector.wal.position import Bounds, Position
from telltale_collector.wal.segments import Segments

_NAME = re.compile(r"([0-9]{12,18})\.batches")
_CURSOR = "cursor"


@dataclass(slots=True)
class History:
    """``bounds`` maps the start of every sealed batch to its end, ``files`` each journal to its highest segment.

    ``last_segment`` is the highest ever spoken of: a number that was given up is not used again, since a token is made
    of it.
    """

    checkpoint: Position | None = None
    boot_id: Position | None = None
    closed: bool = False
    bounds: dict[Position, Position] = field(default_factory=dict)
    files: dict[int, int | None] = field(default_factory=dict)
    has_cursor: bool = False
    last_segment: int = 0

    def add(self, number: int, entry: Entry) -> None:
        if entry.kind is Kind.SEALED:
            self.bounds[entry.first] = entry.second
            self.last_segment = max(self.last_segment, entry.second.segment)
            self.files[number] = max(self.files[number] or 0, entry.second.segment)
            return
        self.files[number] = self.files[number] or 0
        self.checkpoint = entry.checkpoint
        self.last_segment = max(self.last_segment, self.checkpoint.segment)
        self.closed = entry.kind is Kind.CLOSED
        if entry.kind is Kind.OPENED:
            self.boot_id = entry.first


def read_history(fs: FileSystem, folder: Path, log_id: str) -> History:
    """Of all journals in the folder, or of the cursor file that was there before there were journals."""
    history = History()
    log = log_number(log_id)
    names = fs.names(folder)
    for number in sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name))):
        path = journal_path(folder, number)
        history.files[number] = None
        for entry in decode(fs.read(path, 0, fs.size(path)), log):
            history.add(number, entry)
    history.has_cursor = _CURSOR in names
    if history.has_cursor and history.checkpoint is None:
        _take_cursor(history, read_cursor(fs, folder / _CURSOR))
    return history


def _take_cursor(history: History, cursor: Bounds | None) -> None:
    if cursor is None:
        return
    history.checkpoint = cursor.start
    history.last_segment = cursor.end.segment
    if cursor.start != cursor.end:
        history.bounds[cursor.start] = cursor.end


def unfinished(history: History, segments: Segments, boot_id: Position) -> tuple[Position, list[Bounds]]:
    """Where to go on, and the batches that were sealed from there on.

    After an unclean end of the machine everything that is still kept is gone through again: what the store has
    answered for may not have reached its disk. Bytes between two batches (an entry was damaged) become batches too;
    batches of which nothing is on disk (their segment was given up, the machine ended on the way) are none.
    """
    start = history.checkpoint or Position(1, 0)
    ended_without_warning = history.boot_id is not None and history.boot_id != boot_id and not history.closed
    if history.checkpoint is None or (ended_without_warning and segments.first is not None):
        start = Position(segments.first or 1, 0)
    batches: list[Bounds] = []
    at = start
    for sealed in sorted(position for position in history.bounds if position >= start):
        if sealed < at:
            continue
        batches += _between(segments, at, sealed)
        at = history.bounds[sealed]
        batches.append(Bounds(sealed, at))
    return start, [bounds for bounds in batches if segments.stretches(bounds)]


def _between(segments: Segments, at: Position, end: Position) -> list[Bounds]:
    stretches = segments.stretches(Bounds(at, end))
    return [Bounds(Position(s.segment, s.start), Position(s.segment, s.stop)) for s in stretches]


def log_number(log_id: str) -> int:
    return zlib.crc32(log_id.encode())


def journal_path(folder: Path, number: int) -> Path:
    return folder / f"{number:012d}.batches"


def cursor_path(folder: Path) -> Path:
    return folder / _CURSOR
