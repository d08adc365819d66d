"""Folders of the spool: one a process, locked as long as it lives, so that the next process can tell what it left.

``<spool>/<pid>-<start>/NNNNNN.otlp`` beside a file ``lock``. Folders are 0700 and files 0600. A lock (``flock``)
ends with its process, however that ends; nobody has to judge whether a number is still the same process.
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX: Final = ".otlp"
_LOCK: Final = "lock"
_FOLDER: Final = re.compile(r"\.?\d+-\d+")
_DIRECTORY: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE: Final = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
_BEING_MADE_S: Final = 60


@contextmanager
def opened(path: Path, *, make: bool = False) -> Iterator[int]:
    """The spool's own directory, as a descriptor.

    Raises:
        OSError: it cannot be made or opened, or it is another user's or a symbolic link, so that others would say
            where prompts go.
    """
    if make:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, _DIRECTORY)
    try:
        if os.fstat(fd).st_uid not in {0, os.geteuid()}:
            raise PermissionError(f"{path} belongs to another user")
        yield fd
    finally:
        os.close(fd)


def names(root: int) -> list[str]:
    """The folders in a spool, those of the longest dead first."""
    found = [name for name in os.listdir(root) if _FOLDER.fullmatch(name)]
    return sorted(found, key=lambda name: int(name.rsplit("-", 1)[1]))


def bytes_in(root: int) -> int:
    """How much lies in a spool; what vanishes meanwhile is not counted."""
    return sum(_bytes_of(root, name) for name in names(root))


def _bytes_of(root: int, name: str) -> int:
    total = 0
    with suppress(OSError), _within(root, name) as fd:
        for file in _files(fd):
            total += os.stat(file, dir_fd=fd, follow_symlinks=False).st_size
    return total


def beginning(root: int, name: str, length: int) -> bytes | None:
    """How the first file of a folder begins; None when the folder has none."""
    with _within(root, name) as fd:
        files = _files(fd)
        if not files:
            return None
        file = os.open(files[0], os.O_RDONLY | os.O_NOFOLLOW, dir_fd=fd)
        try:
            return os.read(file, length)
        finally:
            os.close(file)


class Folder:
    """A folder that this process has locked.

    Every method may raise ``OSError``, but ``release``, after which every other one does.
    """

    def __init__(self, name: str, fd: int, lock: int) -> None:
        self.name = name
        self._fd = fd
        self._lock = lock

    @classmethod
    def create(cls, root: int) -> Folder:
        """This process's own, made under another name: nobody may find it before it is locked."""
        name = f"{os.getpid()}-{time.time_ns()}"
        os.mkdir(f".{name}", 0o700, dir_fd=root)
        with ExitStack() as undo:
            fd = os.open(f".{name}", _DIRECTORY, dir_fd=root)
            undo.callback(os.close, fd)
            lock = _locked(fd)
            undo.callback(os.close, lock)
            os.rename(f".{name}", name, src_dir_fd=root, dst_dir_fd=root)
            undo.pop_all()
        return cls(name, fd, lock)

    @classmethod
    def adopt(cls, root: int, name: str) -> Folder | None:
        """A dead process's; None while it lives, another one adopts it, or it belongs to another user."""
        with ExitStack() as undo, suppress(BlockingIOError, FileNotFoundError):
            fd = os.open(name, _DIRECTORY, dir_fd=root)
            undo.callback(os.close, fd)
            status = os.fstat(fd)
            if status.st_uid != os.geteuid() or (
                name.startswith(".") and time.time() - status.st_mtime < _BEING_MADE_S
            ):
                return None
            lock = _locked(fd)
            undo.callback(os.close, lock)
            if os.stat(name, dir_fd=root, follow_symlinks=False).st_ino == status.st_ino:
                undo.pop_all()
                return cls(name, fd, lock)
        return None

    @property
    def is_gone(self) -> bool:
        """Somebody has deleted it."""
        return os.fstat(self._fd).st_nlink == 0

    def files(self) -> list[str]:
        """Names of segments, oldest first."""
        return _files(self._fd)

    def new_file(self, number: int) -> tuple[str, int]:
        """An empty segment's name and descriptor."""
        name = f"{number:06d}{SUFFIX}"
        return name, os.open(name, _FILE | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._fd)

    def open(self, file: str) -> int:
        return os.open(file, _FILE, dir_fd=self._fd)

    def delete(self, file: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(file, dir_fd=self._fd)

    def remove(self, root: int) -> None:
        """Delete the folder, which must have no segments left."""
        self.delete(_LOCK)
        with suppress(FileNotFoundError):
            os.rmdir(self.name, dir_fd=root)

    def release(self) -> None:
        """Let the next process have it. A forked child does so with its copies; the parent's lock stays."""
        fds, self._fd, self._lock = (self._fd, self._lock), -1, -1
        for fd in fds:
            if fd >= 0:
                os.close(fd)


@contextmanager
def _within(root: int, name: str) -> Iterator[int]:
    fd = os.open(name, _DIRECTORY, dir_fd=root)
    try:
        yield fd
    finally:
        os.close(fd)


def _files(fd: int) -> list[str]:
    return sorted(name for name in os.listdir(fd) if name.endswith(SUFFIX))


def _locked(folder: int) -> int:
    """The folder's lock, held.

    Raises:
        BlockingIOError: by somebody else.
    """
    lock = os.open(_LOCK, _FILE | os.O_CREAT, 0o600, dir_fd=folder)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock
