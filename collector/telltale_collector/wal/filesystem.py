"""All disk access of the WAL goes through this one interface, so that a simulated disk can take its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class AppendFile(Protocol):
    """A file open for appending. ``write`` writes all of ``data`` or raises; nothing is durable before ``sync``."""

    def write(self, data: bytes) -> None: ...
    def sync(self) -> None: ...
    def truncate(self, size: int) -> None: ...
    def close(self) -> None: ...


class FileSystem(Protocol):
    """What the WAL needs of a disk. Paths are absolute. Errors are ``OSError``."""

    def make_dir(self, path: Path) -> None:
        """Make a folder and those above it, durable when it returns; one that exists is left alone."""
        ...

    def names(self, path: Path) -> list[str]:
        """The regular files of a folder, in order."""
        ...

    def append(self, path: Path) -> AppendFile: ...
    def read(self, path: Path, offset: int, size: int) -> bytes: ...
    def size(self, path: Path) -> int: ...
    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write in place and make it durable before returning."""
        ...

    def allocate(self, path: Path, size: int) -> None:
        """Make a file of that size for which the disk has set blocks aside."""
        ...

    def unlink(self, path: Path) -> None: ...
    def sync_dir(self, path: Path) -> None: ...


def sync(fs: FileSystem, path: Path) -> None:
    """Make durable what a file holds; one that does not exist is made."""
    file = fs.append(path)
    try:
        file.sync()
    finally:
        file.close()


class _DiskFile:
    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        os.close(self._fd)


class Disk:
    """The real disk. Calls that a signal interrupts are taken up again by Python (PEP 475)."""

    def make_dir(self, path: Path) -> None:
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in made:
            self.sync_dir(folder.parent)

    def names(self, path: Path) -> list[str]:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())

    def append(self, path: Path) -> AppendFile:
        return _DiskFile(path)

    def read(self, path: Path, offset: int, size: int) -> bytes:
        fd = os.open(path, os.O_RDONLY)
        try:
            return os.pread(fd, size, offset)
        finally:
            os.close(fd)

    def size(self, path: Path) -> int:
        return path.stat().st_size

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            view = memoryview(data)
            while view:
                written = os.pwrite(fd, view, offset)
                view, offset = view[written:], offset + written
            os.fsync(fd)
        finally:
            os.close(fd)

    def allocate(self, path: Path, size: int) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)
        finally:
            os.close(fd)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_dir(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
