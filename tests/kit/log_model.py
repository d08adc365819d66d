"""What a write-ahead log owes, kept beside a real one that runs on a simulated disk.

The model issues records whose content is a function of their number, remembers what was acknowledged, handed out and
committed, and judges everything that comes out. A log that breaks a promise raises ``Broken``.
"""

from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from simulated_disk import Crash, SimulatedDisk

from telltale_collector.errors import Overloaded
from telltale_collector.wal import Batch, Host, Record, Signal, Wal
from telltale_collector.wal.log import OPEN_BATCHES
from telltale_collector.wal.position import Position
from telltale_collector.wal.record import encode

FOLDER = Path("/log")
KEEP_S = 600.0
SEGMENT_BYTES = 1500


class Broken(AssertionError):
    """The log broke a promise."""


def owed(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def record(number: int) -> Record:
    payload = number.to_bytes(4, "little") * (number * 7 % 97)
    return Record(number, Signal(number % 3 + 1), number % 4 + 1, f"p{number % 5}", payload)


@dataclass
class Known:
    """A batch that was handed out at least once."""

    numbers: list[int]
    stored_at: float | None = None


@dataclass
class Life:
    """One process: its log, what it handed out and has not committed, what it counted."""

    wal: Wal
    opened_with: int
    acknowledged_items: int = 0
    committed_items: int = 0
    refused: int = 0
    last_number: int = -1
    last_end: Position = Position(0, 0)
    damaged_bytes: int = 0
    open: list[Batch] = field(default_factory=list)
    waiting: list[tuple[int, Future[None]]] = field(default_factory=list)


class LogModel:
    """Drives one log through as many lives as it gets.

    On a faulty disk a log may forget that a batch is stored, give up what it keeps to make room, and what nobody was
    told is kept may come and go; what was acknowledged is owed all the same.
    """

    def __init__(self, rng: Random, disk: SimulatedDisk, *, is_faulty: bool = False) -> None:
        self.rng = rng
        self.disk = disk
        self.is_faulty = is_faulty
        self.now = 0.0
        self.boot = 1
        self.issued = 0
        self.acknowledged: list[int] = []
        self.heard: set[int] = set()
        self.home: dict[int, str] = {}
        self.known: dict[str, Known] = {}
        self.starts: dict[Position, str] = {}
        self.may_repeat: set[str] = set()
        self.must_repeat: set[str] = set()
        self.unclean = False
        self.life: Life | None = None

    # --- lives ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.disk.failed_syncs = {}
        host = Host(self.disk, lambda: self.now, Position(self.boot, 0), threaded=False)
        wal = Wal(FOLDER, segment_bytes=SEGMENT_BYTES, keep_s=KEEP_S, host=host)
        self.life = Life(wal, wal.pending_items)
        self.unclean = True

    def close(self) -> None:
        """In good order. What is acknowledged on the way counts."""
        life = self._living()
        self.life = None
        self.unclean = False
        try:
            life.wal.close()
        finally:
            self._hear(life)

    def end_process(self) -> None:
        """What was written outlives the process; whoever heard of an acknowledgement holds the log to it."""
        life, self.life = self.life, None
        if life is not None:
            self._hear(life)

    def end_power(self) -> None:
        """What the store has answered for may be gone with it: all that is kept may come again, the youngest must."""
        self.end_process()
        stored = {token: known.stored_at for token, known in self.known.items() if known.stored_at is not None}
        self.may_repeat |= set(stored)
        if self.unclean and not self.is_faulty:
            self.must_repeat |= {
                token for token, at in stored.items() if self.known[token].numbers and self.now - at < KEEP_S
            }
        self.disk.end_of_power()
        self.boot += 1

    # --- steps ------------------------------------------------------------------------------------------------------

    def append(self) -> None:
        life = self._living()
        for _ in range(self.rng.randint(1, 3)):
            self.issued += 1
            try:
                life.waiting.append((self.issued, life.wal.append(record(self.issued))))
            except Overloaded:
                life.refused += 1

    def flush(self) -> None:
        life = self._living()
        life.wal.flush()
        self._hear(life)

    def take(self) -> None:
        life = self._living()
        if not life.wal.has_batch or len(life.open) >= OPEN_BATCHES:
            return
        try:
            batch = life.wal.next_batch(self.rng.randint(1, 9), 0.0)
        except OSError:
            life.refused += 1
            return
        assert batch is not None
        self._judge(life, batch)
        life.open.append(batch)

    def commit(self) -> None:
        life = self._living()
        if not life.open:
            return
        batch = life.open.pop(0)
        # it is in the store: a log that ends before the call returns may remember that or not
        self.known[batch.token].stored_at = self.now
        self.must_repeat.discard(batch.token)
        self.may_repeat.add(batch.token)
        life.wal.commit(batch)
        self.may_repeat.discard(batch.token)
        life.committed_items += batch.items
        self._count(life)

    def let_time_pass(self) -> None:
        """Long enough for a reader that waits to look after the log."""
        self.now += self.rng.choice((1.0, 50.0, KEEP_S / 2, KEEP_S))
        self._living().wal._tidy()

    def settle(self) -> None:
        """Everything out and into the store."""
        life = self._living()
        self.flush()
        while life.open or life.wal.has_batch:
            self.take()
            self.commit()

    def drain(self) -> None:
        """When all is settled nothing may be owed any more."""
        life = self._living()
        self.settle()
        owed(life.wal.pending_items == 0, f"{life.wal.pending_items} items pending in a drained log")
        owed(life.wal.pending_bytes == 0, f"{life.wal.pending_bytes} bytes pending in a drained log")
        lost = [number for number in self.acknowledged if not self._is_stored(number)]
        owed(not lost, f"acknowledged and lost: {lost}")
        owed(not self.must_repeat, f"not handed out again after the power cut: {self.must_repeat}")

    # --- judgement --------------------------------------------------------------------------------------------------

    def _judge(self, life: Life, batch: Batch) -> None:
        numbers = [found.received_at_ns for found in batch.records]
        for number, found in zip(numbers, batch.records, strict=True):
            owed(0 < number <= self.issued, f"record {number} was never issued")
            owed(found == record(number), f"record {number} was changed")
            home = self.home.setdefault(number, batch.token)
            owed(home == batch.token, f"record {number} came under {home} and {batch.token}")
            owed(number > life.last_number, f"record {number} came after {life.last_number}")
            life.last_number = number
        known = self.known.setdefault(batch.token, Known(numbers))
        if self.is_faulty:
            numbers = [number for number in numbers if number in self.heard]
            known.numbers = [number for number in known.numbers if number in self.heard]
        owed(known.numbers == numbers, f"{batch.token} had {known.numbers}, has {numbers}")
        repeats = known.stored_at is not None and not self.is_faulty
        owed(not repeats or batch.token in self.may_repeat, f"{batch.token} is stored and came again")
        first = self.starts.setdefault(batch.start, batch.token)
        owed(first == batch.token, f"{batch.token} begins where {first} did")
        owed(batch.start >= life.last_end, f"{batch.token} overlaps the one before, up to {life.last_end}")
        life.last_end = batch.end
        on_disk = life.wal._segments.bytes_in(batch.bounds)
        life.damaged_bytes += on_disk - sum(len(encode(found, life.wal._segments.marker)) for found in batch.records)
        owed(
            life.wal.damaged_bytes == life.damaged_bytes, f"{life.wal.damaged_bytes} damaged, {life.damaged_bytes} are"
        )

    def _hear(self, life: Life) -> None:
        still = []
        for number, future in life.waiting:
            if not future.done():
                still.append((number, future))
            elif future.exception() is None:
                self.acknowledged.append(number)
                self.heard.add(number)
                life.acknowledged_items += record(number).items
            else:
                life.refused += 1
        life.waiting = still
        self._count(life)

    def _count(self, life: Life) -> None:
        if self.life is life:
            due = life.opened_with + life.acknowledged_items - life.committed_items
            owed(life.wal.pending_items == due, f"{life.wal.pending_items} items pending, {due} are")

    def _is_stored(self, number: int) -> bool:
        return number in self.home and self.known[self.home[number]].stored_at is not None

    def _living(self) -> Life:
        assert self.life is not None
        return self.life


STEPS = (LogModel.append, LogModel.flush, LogModel.take, LogModel.commit, LogModel.let_time_pass, LogModel.settle)
WEIGHTS = (30, 25, 20, 20, 6, 4)


def run_steps(model: LogModel, longest: int) -> None:
    for step in model.rng.choices(STEPS, WEIGHTS, k=model.rng.randint(1, longest)):
        step(model)


def live(model: LogModel, longest: int) -> None:
    """One life, from opening to any end but a crash; a Crash on the way is the caller's."""
    model.open()
    run_steps(model, longest)
    model.rng.choice((model.close, model.end_process, model.end_power))()


def run_lives(disk: SimulatedDisk, rng: Random) -> int:
    """A log through up to ten lives that crash at random operations, then one in which everything is asked of it.

    Returns:
        How many crashed.
    """
    crashes = 0
    model = LogModel(rng, disk)
    for _ in range(rng.randint(1, 10)):
        disk.crash_in = disk.operations + rng.randint(1, 50)
        try:
            live(model, 60)
        except Crash:
            crashes += 1
            rng.choice((model.end_process, model.end_power))()
    disk.crash_in = 0
    model.open()
    model.drain()
    model.close()
    return crashes
