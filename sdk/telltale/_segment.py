"""One file of the spool: parcels in the order they came, appended at the end and sent from the front.

It is used through its descriptor only, so a folder that is deleted under a running process takes nothing away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from telltale._parcel import HEADER, Parcel, Record, read_record, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = b"telltale-spool/1\n"


class Segment:
    """A file of parcels that are not yet acknowledged.

    Args:
        name: in its folder.
        fd: open for reading, and for writing where something is appended. Owned from here on.
        header: where its parcels may be sent; a new file begins with it.

    Attributes:
        items: spans and scores appended here and not yet done.
        size: of the file in bytes.
        damaged: items that damaged parcels claim to have held, met so far.

    Raises:
        OSError: from every method but ``close``, where the disk refuses.
    """

    def __init__(self, name: str, fd: int, header: bytes) -> None:
        self.name = name
        self.items = 0
        self.damaged = 0
        self._fd = fd
        self._ends: list[int] = []
        beginning = beginning_of(header)
        self._start = self._offset = len(beginning)
        self.size = os.fstat(fd).st_size
        if self.size == 0:
            self._write(beginning)

    @property
    def is_done(self) -> bool:
        return self._offset >= self.size

    @property
    def is_gone(self) -> bool:
        """Somebody has deleted the file."""
        return os.fstat(self._fd).st_nlink == 0

    def begins_with(self, header: bytes) -> bool:
        """Whether its parcels may be sent to that destination."""
        beginning = beginning_of(header)
        return os.pread(self._fd, len(beginning), 0) == beginning

    def append(self, parcel: Parcel) -> None:
        self._write(record_of(parcel))
        self.items += parcel.items

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]:
        """The first parcels of one lane, within bounds but at least one; [] when none is left."""
        found: list[Parcel] = []
        self._ends = []
        items = size = 0
        for record in self._records():
            parcel = record.parcel
            items, size = items + record.items, size + (parcel.size if parcel else 0)
            if found and (parcel is None or parcel.lane != found[0].lane or items > max_items or size > max_bytes):
                break
            if parcel is None:
                self.damaged += record.items
                self._offset += record.length
                items = 0
            else:
                found.append(parcel)
                self._ends.append((self._ends[-1] if self._ends else self._offset) + record.length)
        if not found:
            self._write_off()
        return found

    def done(self, parcels: list[Parcel]) -> None:
        """The first parcels of what ``head`` gave are off our hands."""
        if parcels:
            self._offset = self._ends[len(parcels) - 1]
            self._ends = self._ends[len(parcels) :]
            self.items -= sum(parcel.items for parcel in parcels)

    def rest(self) -> list[Parcel]:
        """All whole parcels that are not done."""
        return [record.parcel for record in self._records() if record.parcel]

    def empty(self) -> None:
        """Begin anew: everything in it is done."""
        if self.size > self._start:
            os.ftruncate(self._fd, self._start)
        self.size = self._offset = self._start

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _write_off(self) -> None:
        """No whole parcel is left."""
        self._offset = self.size
        self.damaged += max(0, self.items)
        self.items = 0

    def _records(self) -> Iterator[Record]:
        offset = self._offset
        while record := read_record(self._fd, offset, self.size):
            yield record
            offset += record.length

    def _write(self, data: bytes) -> None:
        """All of it at the end, or nothing: what a full disk took of it is overwritten by the next."""
        view, offset = memoryview(data), self.size
        while view:
            written = os.pwrite(self._fd, view, offset)
            view, offset = view[written:], offset + written
        self.size = offset


def beginning_of(header: bytes) -> bytes:
    """How every file starts whose parcels may be sent to that destination."""
    return MAGIC + record_of(Parcel(HEADER, 0, len(header), header))
