"""The kernel's side of a filesystem in a process: the protocol of /dev/fuse (include/uapi/linux/fuse.h, 7.31).

Spoken directly, so that a test needs no library of the system: ``Connection`` mounts, gives requests and takes answers.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

MAJOR, MINOR = 7, 31
MOST_WRITTEN = 128 << 10
ROOT = 1

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_ENTRY = struct.Struct("<4Q2I")
_DIRENT = struct.Struct("<QQII")
_INIT_OUT = struct.Struct("<4I2H2I2HI7I")
_BIG_WRITES = 1 << 5
_NO_SUID_NO_DEV, _DETACH = 6, 2


class Op(IntEnum):
    """What the kernel asks; what is not here is answered with ENOSYS."""

    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    SETATTR = 4
    READLINK = 5
    SYMLINK = 6
    MKDIR = 9
    UNLINK = 10
    RMDIR = 11
    RENAME = 12
    LINK = 13
    OPEN = 14
    READ = 15
    WRITE = 16
    STATFS = 17
    RELEASE = 18
    FSYNC = 20
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    FSYNCDIR = 30
    CREATE = 35
    INTERRUPT = 36
    BATCH_FORGET = 42
    FALLOCATE = 43
    RENAME2 = 45


SILENT = {Op.FORGET, Op.INTERRUPT, Op.BATCH_FORGET}
"""These have no answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what, its number, the node it is about, and its arguments."""

    op: int
    unique: int
    node: int
    body: bytes

    def numbers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack_from(f"<{layout}", self.body)

    def names(self, layout: str = "") -> list[str]:
        """The texts behind the numbers."""
        return [os.fsdecode(name) for name in self.body[struct.calcsize(f"<{layout}") :].split(b"\0")[:-1]]


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of a file or folder: its node, bytes, type and permissions, links to it."""

    node: int
    size: int
    mode: int
    links: int = 1

    def pack(self) -> bytes:
        blocks, owner = -(-self.size // 512), (os.getuid(), os.getgid())
        return _ATTR.pack(self.node, self.size, blocks, 0, 0, 0, 0, 0, 0, self.mode, self.links, *owner, 0, 4096, 0)


def entry(attributes: Attributes) -> bytes:
    """An answer about a name. Nothing of it may be remembered."""
    return _ENTRY.pack(attributes.node, 0, 0, 0, 0, 0) + attributes.pack()


def told(attributes: Attributes) -> bytes:
    return struct.pack("<QII", 0, 0, 0) + attributes.pack()


def opened() -> bytes:
    """Without a handle: a node is enough."""
    return struct.pack("<QIi", 0, 0, 0)


def statistics() -> bytes:
    """A disk of 8 GiB, half of it free."""
    return struct.pack("<5Q4I6I", 1 << 21, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0, *[0] * 6)


def listing(entries: list[tuple[str, int, int]], offset: int, size: int) -> bytes:
    """Names with their nodes and modes, from the one at ``offset`` on, as many as there is room for."""
    out = b""
    for at, (name, node, mode) in enumerate(entries[offset:], start=offset + 1):
        encoded = os.fsencode(name)
        record = _DIRENT.pack(node, at, len(encoded), mode >> 12) + encoded
        record += bytes(-len(record) % 8)
        if len(out) + len(record) > size:
            break
        out += record
    return out


class Connection:
    """A mount and its device, until it is closed; only processes in this mount namespace see it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.fd = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        _call("mount", b"amnesia", bytes(folder), b"fuse", _NO_SUID_NO_DEV, options.encode())

    def close(self) -> None:
        """Whoever still waits for an answer gets an error, and the folder is what lies below the mount."""
        os.close(self.fd)
        _call("umount2", bytes(self._folder), _DETACH)

    def next(self) -> Asked:
        data = os.read(self.fd, MOST_WRITTEN + 4096)
        _, op, unique, node, *_ = _IN.unpack_from(data)
        return Asked(op, unique, node, data[_IN.size :])

    def answer(self, asked: Asked, number: int, body: bytes) -> None:
        """Tell the kernel what came of it: an errno, or 0 and a body."""
        if asked.op in SILENT:
            return
        head = _OUT.pack(_OUT.size + len(body), -number, asked.unique)
        try:
            os.write(self.fd, head + body)
        except OSError as error:
            if error.errno != errno.ENOENT:  # the process that asked is gone
                raise


def greeting(asked: Asked) -> bytes:
    """The answer to INIT."""
    _, _, ahead, flags = asked.numbers("4I")
    return _INIT_OUT.pack(MAJOR, MINOR, ahead, flags & _BIG_WRITES, 16, 12, MOST_WRITTEN, 1, 0, 0, 0, *[0] * 7)


def _call(name: str, *arguments: bytes | int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
