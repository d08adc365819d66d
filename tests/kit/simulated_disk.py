"""A disk in memory that crashes and fails where it is told to, and then holds what a real one might hold.

What was written and not synced may be gone, there, or torn after a power cut: a prefix of the writes, or any mix of old
and new sectors. The same goes for names that were made or removed and whose folder was not synced. After an end of the
process alone everything written is there. Only calls that change something count as operations: between two of them the
disk stays the same, so a crash there is a crash at the next.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR_BYTES = 512


class Crash(BaseException):
    """The process ended in the middle of an operation: nothing after it was run."""


@dataclass(slots=True)
class Inode:
    """``content`` is what a reader sees, ``synced`` what is on the platter, ``changes`` what lies between them."""

    content: bytearray = field(default_factory=bytearray)
    synced: bytearray = field(default_factory=bytearray)
    changes: list[tuple[int, bytes]] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        apply(self.content, offset, data)
        self.changes.append((offset, data))

    def truncate(self, size: int) -> None:
        apply(self.content, size, b"", cut=True)
        self.changes.append((-size - 1, b""))

    def sync(self) -> None:
        settle(self.synced, self.changes)
        self.changes = []

    def lose(self, rng: Random) -> None:
        """What a power cut, or an error of the disk while it syncs, leaves on the platter."""
        if self.changes:
            after = bytearray(self.synced)
            fate = rng.randrange(4)
            if fate == 0:
                settle(after, self.changes)
            elif fate == 1:
                settle(after, torn(self.changes, rng))
            elif fate == 2:
                settle(after, self.changes)
                after = mixed(self.synced, after, rng)
            self.synced = after
            self.changes = []


@dataclass(slots=True)
class Folder:
    """Names a reader sees, names on the platter, and what lies between them (None: removed)."""

    live: dict[str, Inode] = field(default_factory=dict)
    durable: dict[str, Inode] = field(default_factory=dict)
    changes: dict[str, Inode | None] = field(default_factory=dict)

    def sync(self) -> None:
        for name, inode in self.changes.items():
            if inode is None:
                self.durable.pop(name, None)
            else:
                self.durable[name] = inode
        self.changes = {}


def apply(content: bytearray, offset: int, data: bytes, *, cut: bool = False) -> None:
    if cut:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def settle(content: bytearray, changes: list[tuple[int, bytes]]) -> None:
    for offset, data in changes:
        if offset < 0:
            apply(content, -offset - 1, b"", cut=True)
        else:
            apply(content, offset, data)


def torn(changes: list[tuple[int, bytes]], rng: Random) -> list[tuple[int, bytes]]:
    """The first of the writes, the last of these in part."""
    last = rng.randrange(len(changes))
    offset, data = changes[last]
    return [*changes[:last], (offset, data[: rng.randrange(len(data) + 1)])]


def mixed(before: bytearray, after: bytearray, rng: Random) -> bytearray:
    """Each sector old or new; one that was not there before is zeros where it is not new."""
    size = max(len(before), len(after))
    old = before.ljust(size, b"\0")
    new = after.ljust(size, b"\0")
    result = bytearray()
    for at in range(0, size, SECTOR_BYTES):
        result += (old if rng.random() < 0.5 else new)[at : at + SECTOR_BYTES]
    return result[: rng.choice((len(before), len(after), size))]


class SimulatedFile:
    def __init__(self, disk: "SimulatedDisk", path: Path, inode: Inode) -> None:
        self._disk = disk
        self._path = path
        self._inode = inode

    def write(self, data: bytes) -> None:
        self._disk.change("write", self._path, self._inode, len(self._inode.content), data)

    def sync(self) -> None:
        self._disk.sync("sync", self._path, self._inode)

    def truncate(self, size: int) -> None:
        self._disk.step("truncate", self._path)
        self._inode.truncate(size)

    def close(self) -> None:
        pass


@dataclass(slots=True)
class SimulatedDisk:
    """The FileSystem of the write-ahead log.

    Attributes:
        rng: decides what is torn, and how.
        crash_in: the operation that ends in a Crash, counted from 1; 0: none.
        fault: asked at each operation with its kind and path; the errno to fail with, or 0.
        syncs: a disk that only says that it syncs has False.
        room: bytes that still fit; None: any number.
        failed_syncs: the files whose sync has failed, in this process.
        retried_syncs: how often such a file was synced again.
    """

    rng: Random
    crash_in: int = 0
    fault: Callable[[str, Path], int] | None = None
    syncs: bool = True
    room: int | None = None
    operations: int = 0
    failed_syncs: dict[int, Inode] = field(default_factory=dict)
    retried_syncs: int = 0
    folders: dict[str, Folder] = field(default_factory=dict)

    # --- the interface ----------------------------------------------------------------------------------------------

    def make_dir(self, path: Path) -> None:
        self.folders.setdefault(str(path), Folder())

    def names(self, path: Path) -> list[str]:
        return sorted(self.folders[str(path)].live)

    def append(self, path: Path) -> SimulatedFile:
        return SimulatedFile(self, path, self._open(path))

    def read(self, path: Path, offset: int, size: int) -> bytes:
        return bytes(self._existing(path).content[offset : offset + size])

    def size(self, path: Path) -> int:
        return len(self._existing(path).content)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        inode = self._open(path)
        self.change("write", path, inode, offset, data)
        self.sync("sync", path, inode)

    def allocate(self, path: Path, size: int) -> None:
        """Takes room, no memory."""
        self.step("allocate", path)
        self._take(size)
        self._open(path)

    def unlink(self, path: Path) -> None:
        self.step("unlink", path)
        folder, name = self._place(path)
        if folder.live.pop(name, None) is not None:
            folder.changes[name] = None

    def sync_dir(self, path: Path) -> None:
        self.step("sync_dir", path)
        if self.syncs:
            self.folders[str(path)].sync()

    # --- operations -------------------------------------------------------------------------------------------------

    def step(self, kind: str, path: Path) -> None:
        """Count an operation that happens as a whole or not at all."""
        self.operations += 1
        if self.operations == self.crash_in:
            raise Crash
        number = self.fault(kind, path) if self.fault is not None else 0
        if number:
            raise OSError(number, os.strerror(number))

    def change(self, kind: str, path: Path, inode: Inode, offset: int, data: bytes) -> None:
        try:
            self.step(kind, path)
            self._take(len(data))
        except (Crash, OSError):
            inode.write(offset, data[: self.rng.randrange(len(data) + 1)])
            raise
        inode.write(offset, data)

    def sync(self, kind: str, path: Path, inode: Inode) -> None:
        self.retried_syncs += id(inode) in self.failed_syncs
        try:
            self.step(kind, path)
        except OSError:
            # what could not be written counts as clean from now on: a later sync will not bring it to the platter
            inode.lose(self.rng)
            self.failed_syncs[id(inode)] = inode
            raise
        if self.syncs:
            inode.sync()

    def end_of_power(self) -> None:
        """The machine ends. What is left is what the next one finds."""
        for folder in self.folders.values():
            folder.changes = {name: inode for name, inode in folder.changes.items() if self.rng.random() < 0.5}
            folder.sync()
            folder.live = dict(folder.durable)
            for inode in folder.durable.values():
                inode.lose(self.rng)
                inode.content = bytearray(inode.synced)

    def _place(self, path: Path) -> tuple[Folder, str]:
        folder, _, name = str(path).rpartition("/")
        return self.folders[folder], name

    def _take(self, size: int) -> None:
        if self.room is not None:
            if size > self.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.room -= size

    def _open(self, path: Path) -> Inode:
        folder, name = self._place(path)
        inode = folder.live.get(name)
        if inode is None:
            inode = folder.live[name] = folder.changes[name] = Inode()
        return inode

    def _existing(self, path: Path) -> Inode:
        folder, name = self._place(path)
        inode = folder.live.get(name)
        if inode is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return inode
