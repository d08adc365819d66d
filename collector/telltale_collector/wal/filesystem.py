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

    def make_dir(self, path: Path) -> None: ...
    def names(self, path: Path) -> list[str]: ...
    def append(self, path: Path) -> AppendFile: ...
    def read(self, path: Path, offset: int, size: int) -> bytes: ...
    def size(self, path: Path) -> int: ...
    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write in place and make it durable before returning."""
        ...

    def unlink(self, path: Path) -> None: ...
    def sync_dir(self, path: Path) -> None: ...


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
    """The real disk."""

    def make_dir(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def names(self, path: Path) -> list[str]:
        return sorted(os.listdir(path))

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
            os.pwrite(fd, data, offset)
            os.fsync(fd)
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
