"""A write-ahead log in memory, ways to damage it, and what may be lost of it then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from log_model import FOLDER, record
from simulated_disk import Folder, Inode, SimulatedDisk

from telltale_collector.wal import Host, Wal
from telltale_collector.wal.position import Position
from telltale_collector.wal.record import encode

BOOT = Position(1, 1)
BLOCK_BYTES = 4096
Files = dict[str, bytes]


def open_on(disk: SimulatedDisk, **settings: float) -> Wal:
    return Wal(FOLDER, host=Host(disk, lambda: 0.0, BOOT, threaded=False), **settings)


def disk_of(files: Files, rng: Random) -> SimulatedDisk:
    folder = Folder({name: Inode(bytearray(content), bytearray(content)) for name, content in files.items()})
    folder.durable = dict(folder.live)
    return SimulatedDisk(rng, folders={str(FOLDER): folder})


def files_of(disk: SimulatedDisk, folder: Path = FOLDER) -> Files:
    return {name: bytes(inode.content) for name, inode in disk.folders[str(folder)].live.items()}


@dataclass
class Log:
    """Files, where in them each record lies (file, from, to), and which of them the store has already."""

    files: Files
    places: dict[int, tuple[str, int, int]]
    stored: set[int]

    @property
    def waiting(self) -> set[int]:
        return set(self.places) - self.stored


def written_log(rng: Random, records: int, segment_bytes: int, batches: int) -> Log:
    """A log of a process that was killed: the first of its batches stored, the others under way, the rest unsealed."""
    disk = SimulatedDisk(rng)
    wal = open_on(disk, segment_bytes=segment_bytes)
    for number in range(1, records + 1):
        wal.append(record(number))
        if rng.random() < 0.3:
            wal.flush()
    wal.flush()
    taken = [wal.next_batch(rng.randint(5, 25), 0.0) for _ in range(min(batches, 4))]
    stored = set()
    for batch in taken[: batches - 2]:
        assert batch is not None
        wal.commit(batch)
        stored |= {found.received_at_ns for found in batch.records}
    files = {name: content for name, content in files_of(disk).items() if name != "reserve"}
    return Log(files, _places(files, records), stored)


def _places(files: Files, records: int) -> dict[int, tuple[str, int, int]]:
    places = {}
    for name, content in files.items():
        marker = bytes.fromhex(name.partition("-")[2].removesuffix(".wal")) if name.endswith(".wal") else b""
        for number in range(1, records + 1) if marker else ():
            encoded = encode(record(number), marker)
            if (at := content.find(encoded)) >= 0:
                places[number] = (name, at, at + len(encoded))
    assert len(places) == records
    return places


@dataclass
class Mutation:
    """A damaged copy of a log's files. What happened to a file is seen by comparing."""

    files: Files
    rng: Random
    kind: str = ""
    log: Files = field(default_factory=dict)

    def pick(self) -> str:
        return self.rng.choice(sorted(self.log))

    def write(self, name: str, at: int, data: bytes) -> None:
        content = bytearray(self.files[name])
        content[at : at + len(data)] = data
        self.files[name] = bytes(content)


def flip_bits(mutation: Mutation) -> None:
    name = mutation.pick()
    for _ in range(mutation.rng.randint(1, 4)):
        at = mutation.rng.randrange(len(mutation.files[name]))
        mutation.write(name, at, bytes([mutation.files[name][at] ^ 1 << mutation.rng.randrange(8)]))


def cut_off(mutation: Mutation) -> None:
    name = mutation.pick()
    mutation.files[name] = mutation.files[name][: mutation.rng.randrange(len(mutation.files[name]))]


def fill_with_zeros(mutation: Mutation) -> None:
    name = mutation.pick()
    size = len(mutation.files[name])
    at = mutation.rng.randrange(size)
    mutation.write(name, at, bytes(mutation.rng.randint(1, size - at)))


def swap_blocks(mutation: Mutation) -> None:
    name = mutation.pick()
    content = mutation.files[name]
    blocks = [content[at : at + BLOCK_BYTES] for at in range(0, len(content), BLOCK_BYTES)]
    mutation.rng.shuffle(blocks)
    mutation.files[name] = b"".join(blocks)


def double_a_block(mutation: Mutation) -> None:
    source, name = mutation.pick(), mutation.pick()
    block = mutation.files[source][:BLOCK_BYTES]
    mutation.write(name, mutation.rng.randrange(0, len(mutation.files[name]), BLOCK_BYTES), block)


def add_a_foreign_file(mutation: Mutation) -> None:
    names = ["notes.txt", "000000000900.wal", "000000000901-0011223344556677.wal", "000000000009.batches", "cursor"]
    names += ["000000000902-v9.wal", "core", "x.wal"]
    mutation.files[mutation.rng.choice(names)] = mutation.rng.randbytes(mutation.rng.randrange(300))


def lose_a_file(mutation: Mutation) -> None:
    del mutation.files[mutation.pick()]


MUTATIONS: list[Callable[[Mutation], None]] = [
    flip_bits,
    cut_off,
    fill_with_zeros,
    swap_blocks,
    double_a_block,
    add_a_foreign_file,
    lose_a_file,
]


def mutated(log: Log, rng: Random) -> Mutation:
    mutation = Mutation(dict(log.files), rng, log=log.files)
    change = rng.choice(MUTATIONS)
    mutation.kind = change.__name__
    change(mutation)
    return mutation


def touched(log: Log, files: Files) -> set[int]:
    """The records whose bytes are not there as they were."""
    return {
        number
        for number, (name, start, end) in log.places.items()
        if files.get(name, b"")[start:end] != log.files[name][start:end]
    }
