"""The write-ahead log on a simulated disk: it crashes at random operations, by itself or with the power, and is judged.

A seed is a log that lives up to ten lives. Each ends at a random operation on the disk, in good order, or in between;
then everything that was acknowledged is asked of it (``tests/kit/log_model.py``). A failure names its seed:
``TELLTALE_SEED=<seed> TELLTALE_CRASH_POINTS=1`` repeats it.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from figures import FigureRecorder
from log_model import Broken, run_lives
from simulated_disk import Inode, SimulatedDisk

from telltale_collector.wal import Batch, Host, journal, log
from telltale_collector.wal.batch import Contents
from telltale_collector.wal.filesystem import AppendFile
from telltale_collector.wal.history import History
from telltale_collector.wal.journal import Journal
from telltale_collector.wal.journal_entry import ENTRY_BYTES
from telltale_collector.wal.log import Wal
from telltale_collector.wal.position import Bounds
from telltale_collector.wal.segments import Segments

CRASH_POINTS = int(os.environ.get("TELLTALE_CRASH_POINTS", "20000"))
SEEDS_THAT_BITE = 400


@pytest.fixture(autouse=True)
def small_and_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Journals that are full soon; no word about every torn tail."""
    monkeypatch.setattr(journal, "_FULL_BYTES", 12 * ENTRY_BYTES)
    caplog.set_level(logging.CRITICAL, "telltale.wal")


def crashes_of(seed: int, disk: Callable[[Random], SimulatedDisk] = SimulatedDisk) -> int:
    """How many crashes the lives of one seed had; Broken names the seed."""
    rng = Random(seed)
    try:
        return run_lives(disk(rng), rng)
    except Broken as error:
        raise Broken(f"TELLTALE_SEED={seed} TELLTALE_CRASH_POINTS=1: {error}") from error


def test_no_crash_loses_changes_doubles_or_reorders_what_was_acknowledged(
    first_seed: int, record_figure: FigureRecorder
) -> None:
    crashes, seed = 0, first_seed
    began = time.monotonic()
    while crashes < CRASH_POINTS:
        crashes += crashes_of(seed)
        seed += 1
        if (seed - first_seed) % 20_000 == 0:
            print(f"{crashes} of {CRASH_POINTS} crash points", flush=True)
    record_figure("crash points", crashes, f">= {CRASH_POINTS}")
    record_figure("lives of logs whose promises were broken", 0, "0")
    record_figure("crash points a second", round(crashes / (time.monotonic() - began)), "", "/s")


# --- the checker bites ----------------------------------------------------------------------------------------------


def assert_bites(disk: Callable[[Random], SimulatedDisk] = SimulatedDisk) -> None:
    """Always the same seeds: whether a fault is caught shall not hang on luck."""
    with pytest.raises(Broken) as caught:
        run_seeds(range(SEEDS_THAT_BITE), disk)
    print(caught.value)


def run_seeds(seeds: range, disk: Callable[[Random], SimulatedDisk]) -> None:
    for seed in seeds:
        crashes_of(seed, disk)


class ForgetfulDisk(SimulatedDisk):
    """Says that a file is synced, and has done nothing."""

    def sync(self, kind: str, path: Path, inode: Inode) -> None:
        del inode
        self.step(kind, path)


class NamelessDisk(SimulatedDisk):
    """Says that a folder is synced, and has done nothing."""

    def sync_dir(self, path: Path) -> None:
        self.step("sync_dir", path)


class FlippingDisk(SimulatedDisk):
    """Gives back another byte now and then."""

    def read(self, path: Path, offset: int, size: int) -> bytes:
        data = bytearray(super().read(path, offset, size))
        if path.suffix == ".wal" and data and self.rng.random() < 0.1:
            data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        return bytes(data)


@pytest.mark.parametrize("disk", [ForgetfulDisk, NamelessDisk, FlippingDisk])
def test_a_disk_that_lies_is_caught(disk: type[SimulatedDisk]) -> None:
    assert_bites(disk)


def acknowledge_before_the_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is called durable once it is written."""
    real_append = SimulatedDisk.append

    def append(disk: SimulatedDisk, path: Path) -> AppendFile:
        file = real_append(disk, path)
        if path.suffix == ".wal":
            monkeypatch.setattr(file, "sync", lambda: None, raising=False)
        return file

    monkeypatch.setattr(SimulatedDisk, "append", append)


def save_the_checkpoint_before_the_insert(monkeypatch: pytest.MonkeyPatch) -> None:
    real_hand_out, real_stored = Wal._hand_out, Journal.stored

    def hand_out(wal: Wal, contents: Contents) -> Batch:
        batch = real_hand_out(wal, contents)
        real_stored(wal._journal, batch.bounds)
        return batch

    monkeypatch.setattr(Wal, "_hand_out", hand_out)
    monkeypatch.setattr(Journal, "stored", lambda _journal, _bounds: None)


def hand_out_what_is_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    def seal(kept: Journal, bounds: Bounds) -> None:
        kept.sealed.append(bounds)

    monkeypatch.setattr(Journal, "seal", seal)


def forget_what_is_stored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real_init = Wal.__init__

    def init(wal: Wal, folder: Path, *, segment_bytes: int, keep_s: float, host: Host) -> None:
        real_init(wal, folder, segment_bytes=segment_bytes, keep_s=keep_s * 0, host=host)

    monkeypatch.setattr(Wal, "__init__", init)


def use_numbers_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real_recover = Journal.recover

    def recover(kept: Journal, history: History, segments: Segments) -> None:
        real_recover(kept, history, segments)
        kept.last_segment = segments.last

    monkeypatch.setattr(Journal, "recover", recover)


def count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "count_items", lambda *_: 1)


SABOTAGE = [
    acknowledge_before_the_sync,
    save_the_checkpoint_before_the_insert,
    hand_out_what_is_not_sealed,
    forget_what_is_stored_at_once,
    use_numbers_again,
    count_twice,
]


@pytest.mark.parametrize("sabotage", SABOTAGE, ids=lambda sabotage: sabotage.__name__)
def test_a_log_that_breaks_a_promise_is_caught(
    monkeypatch: pytest.MonkeyPatch, sabotage: Callable[[pytest.MonkeyPatch], None]
) -> None:
    sabotage(monkeypatch)
    assert_bites()
