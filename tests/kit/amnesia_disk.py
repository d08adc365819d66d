"""A filesystem that forgets: what was not synced when the power is cut is gone, there, or torn; ``power`` serves it.

What a cut leaves of a file is decided as on the simulated disk (``simulated_disk.Inode``). In folders named ``wal``
names that were made, moved or taken away without a sync of the folder may be there or not, each for itself; elsewhere
they are kept, as by a filesystem with a journal.
"""

import errno
import os
import stat
from dataclasses import dataclass, field
from random import Random

import fuse_wire
from fuse_wire import Asked, Attributes, Op
from simulated_disk import Folder, Inode

WITHOUT_JOURNAL = {"wal"}
_SIZE, _MODE = 8, 1  # of what SETATTR may change, all that is kept here


@dataclass(slots=True)
class File(Inode):
    """Bytes, or the target of a symbolic link."""

    mode: int = stat.S_IFREG | 0o600
    links: int = 1

    def resize(self, size: int) -> None:
        if size < len(self.content):
            self.truncate(size)
        elif size > len(self.content):
            self.write(len(self.content), bytes(size - len(self.content)))


@dataclass(slots=True)
class Directory(Folder):
    """Names of files and of other folders."""

    mode: int = stat.S_IFDIR | 0o700
    has_journal: bool = True

    def put(self, name: str, node: "File | Directory | None") -> None:
        """Make, replace or take away a name."""
        if node is None:
            del self.live[name]
        else:
            self.live[name] = node
        self.changes[name] = node

    def lose(self, rng: Random) -> int:
        """What a power cut leaves of the names, and of all that is below; how many changes it undid or tore."""
        undone = 0
        if not self.has_journal:
            kept = {name: node for name, node in self.changes.items() if rng.random() < 0.5}
            undone = len(self.changes) - len(kept)
            self.changes = kept
        self.sync()
        self.live = dict(self.durable)
        for node in self.live.values():
            if isinstance(node, Directory):
                undone += node.lose(rng)
                continue
            undone += len(node.changes)
            node.lose(rng)
            node.content = bytearray(node.synced)
        return undone


@dataclass(slots=True)
class Served:
    """The tree, and what the kernel may ask of it. Methods raise OSError with the number that the kernel is to get.

    ``cut_in``: the operation in the middle of which the power goes, counted from 1; 0: none; -1: it has gone.
    ``torn``: changes that were on their way to the disk at that moment.
    """

    rng: Random
    root: Directory
    cut_in: int = 0
    torn: int = 0
    nodes: dict[int, File | Directory] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        return self.cut_in < 0

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """An errno, or 0 and the body of the answer."""
        try:
            return 0, self._carry_out(asked)
        except OSError as error:
            return error.errno or errno.EIO, b""

    def _carry_out(self, asked: Asked) -> bytes:
        handler = _HANDLERS.get(asked.op)
        if handler is None:
            raise OSError(errno.ENOSYS, "")
        if asked.op in _CHANGING and self.cut_in:
            self.cut_in -= 1
            if not self.cut_in:
                self.cut_in = -1
                self._in_part(asked)
                return b""
        return handler(self, asked)

    def _in_part(self, asked: Asked) -> None:
        """The power goes in the middle of an operation: of a sync a part has come to the disk, of others they all count
        as not synced."""
        node = self.nodes[asked.node]
        if asked.op == Op.FSYNC and isinstance(node, File):
            self.torn = len(node.changes)
            node.lose(self.rng)
        elif asked.op == Op.WRITE:
            self.write(asked)

    # --- nodes --------------------------------------------------------------------------------------------------------

    def number(self, node: File | Directory) -> int:
        number = self.numbers.setdefault(id(node), len(self.numbers) + fuse_wire.ROOT)
        self.nodes[number] = node
        return number

    def told(self, node: File | Directory) -> Attributes:
        if isinstance(node, File):
            return Attributes(self.number(node), len(node.content), node.mode, node.links)
        return Attributes(self.number(node), 4096, node.mode, 2)

    def folder(self, number: int) -> Directory:
        node = self.nodes[number]
        if not isinstance(node, Directory):
            raise OSError(errno.ENOTDIR, "")
        return node

    def file(self, number: int) -> File:
        node = self.nodes[number]
        if not isinstance(node, File):
            raise OSError(errno.EISDIR, "")
        return node

    def child(self, number: int, name: str) -> File | Directory:
        node = self.folder(number).live.get(name)
        if node is None:
            raise OSError(errno.ENOENT, "")
        return node

    def made(self, asked: Asked, name: str, node: File | Directory) -> bytes:
        self.folder(asked.node).put(name, node)
        return fuse_wire.entry(self.told(node))

    # --- requests -----------------------------------------------------------------------------------------------------

    def lookup(self, asked: Asked) -> bytes:
        return fuse_wire.entry(self.told(self.child(asked.node, asked.names()[0])))

    def getattr(self, asked: Asked) -> bytes:
        return fuse_wire.told(self.told(self.nodes[asked.node]))

    def setattr(self, asked: Asked) -> bytes:
        valid, _, _, size = asked.numbers("IIQQ")
        node = self.nodes[asked.node]
        if valid & _SIZE:
            self.file(asked.node).resize(size)
        if valid & _MODE:
            (mode,) = asked.numbers("68xI")[-1:]
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        return fuse_wire.told(self.told(node))

    def create(self, asked: Asked) -> bytes:
        mode = asked.numbers("4I")[1]
        return self.made(asked, asked.names("4I")[0], File(mode=mode)) + fuse_wire.opened()

    def mkdir(self, asked: Asked) -> bytes:
        (name,) = asked.names("II")
        mode = stat.S_IFDIR | asked.numbers("II")[0]
        return self.made(asked, name, Directory(mode=mode, has_journal=name not in WITHOUT_JOURNAL))

    def symlink(self, asked: Asked) -> bytes:
        name, target = asked.names()
        link = File(bytearray(os.fsencode(target)), bytearray(os.fsencode(target)), mode=stat.S_IFLNK | 0o777)
        return self.made(asked, name, link)

    def link(self, asked: Asked) -> bytes:
        node = self.file(asked.numbers("Q")[0])
        node.links += 1
        return self.made(asked, asked.names("Q")[0], node)

    def unlink(self, asked: Asked) -> bytes:
        (name,) = asked.names()
        node = self.child(asked.node, name)
        if isinstance(node, File):
            node.links -= 1
        elif node.live:
            raise OSError(errno.ENOTEMPTY, "")
        self.folder(asked.node).put(name, None)
        return b""

    def rename(self, asked: Asked) -> bytes:
        layout = "QII" if asked.op == Op.RENAME2 else "Q"
        target, *flags = asked.numbers(layout)
        old, new = asked.names(layout)
        node = self.child(asked.node, old)
        if flags and flags[0]:
            if flags[0] != 1:
                raise OSError(errno.EINVAL, "")
            if new in self.folder(target).live:
                raise OSError(errno.EEXIST, "")
        self.folder(asked.node).put(old, None)
        self.folder(target).put(new, node)
        return b""

    def read(self, asked: Asked) -> bytes:
        _, offset, size = asked.numbers("QQI")
        return bytes(self.file(asked.node).content[offset : offset + size])

    def write(self, asked: Asked) -> bytes:
        _, offset, size = asked.numbers("QQI")
        self.file(asked.node).write(offset, asked.body[40 : 40 + size])
        return size.to_bytes(8, "little")

    def allocate(self, asked: Asked) -> bytes:
        _, offset, length, mode = asked.numbers("QQQI")
        if mode:
            raise OSError(errno.EOPNOTSUPP, "")
        file = self.file(asked.node)
        file.resize(max(len(file.content), offset + length))
        return b""

    def sync(self, asked: Asked) -> bytes:
        self.nodes[asked.node].sync()
        return b""

    def list(self, asked: Asked) -> bytes:
        _, offset, size = asked.numbers("QQI")
        told = ((name, self.told(node)) for name, node in sorted(self.folder(asked.node).live.items()))
        return fuse_wire.listing([(name, given.node, given.mode) for name, given in told], offset, size)


_HANDLERS = {
    Op.INIT: lambda _served, asked: fuse_wire.greeting(asked),
    Op.LOOKUP: Served.lookup,
    Op.GETATTR: Served.getattr,
    Op.SETATTR: Served.setattr,
    Op.READLINK: lambda served, asked: bytes(served.file(asked.node).content),
    Op.SYMLINK: Served.symlink,
    Op.MKDIR: Served.mkdir,
    Op.UNLINK: Served.unlink,
    Op.RMDIR: Served.unlink,
    Op.RENAME: Served.rename,
    Op.RENAME2: Served.rename,
    Op.LINK: Served.link,
    Op.OPEN: lambda _served, _asked: fuse_wire.opened(),
    Op.READ: Served.read,
    Op.WRITE: Served.write,
    Op.STATFS: lambda _served, _asked: fuse_wire.statistics(),
    Op.RELEASE: lambda _served, _asked: b"",
    Op.FSYNC: Served.sync,
    Op.OPENDIR: lambda _served, _asked: fuse_wire.opened(),
    Op.READDIR: Served.list,
    Op.RELEASEDIR: lambda _served, _asked: b"",
    Op.FSYNCDIR: Served.sync,
    Op.CREATE: Served.create,
    Op.FALLOCATE: Served.allocate,
}
_CHANGING = {
    *(Op.SETATTR, Op.MKDIR, Op.UNLINK, Op.RENAME, Op.RENAME2, Op.WRITE, Op.FSYNC, Op.FSYNCDIR, Op.CREATE, Op.FALLOCATE)
}
