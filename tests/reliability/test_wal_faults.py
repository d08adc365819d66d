"""A disk that refuses: what it did not take is never acknowledged, and what was acknowledged stays."""

import errno
import logging
import os
import threading
import time
from concurrent.futures import Future, wait
from pathlib import Path
from random import Random

import pytest
from figures import FigureRecorder
from log_model import Broken, LogModel, owed, run_steps
from log_records import append, drain, record
from simulated_disk import SimulatedDisk

from telltale_collector.errors import Overloaded
from telltale_collector.wal import Host, Wal, log
from telltale_collector.wal.filesystem import AppendFile, Disk
from telltale_collector.wal.group_commit import GroupCommit

FAULTS = int(os.environ.get("TELLTALE_DISK_FAULTS", "1000"))
CODES = (errno.EIO, errno.ENOSPC, errno.EDQUOT)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "telltale.wal")


class Faults:
    """Fails operations at random, once or for a while each. Writes fail in the middle."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left = 0
        self._code = 0
        self.count = 0
        self.resting = False

    def __call__(self, kind: str, path: Path) -> int:
        del kind, path
        if self.resting:
            return 0
        if self._left == 0 and self._rng.random() < 0.03:
            self._left = self._rng.choice((1, 1, 1, 2, 5, 20))
            self._code = self._rng.choice(CODES)
        if self._left == 0:
            return 0
        self._left -= 1
        self.count += 1
        return self._code


def lives_with_faults(seed: int) -> int:
    """A log through a few lives on a disk that fails; how many operations did."""
    rng = Random(seed)
    faults = Faults(rng)
    disk = SimulatedDisk(rng, fault=faults)
    model = LogModel(rng, disk, is_faulty=True)
    for _ in range(rng.randint(1, 5)):
        try:
            model.open()
        except OSError:  # the start says so; nothing is lost by it
            model.end_process()
            continue
        run_steps(model, 60)
        rng.choice((model.close, model.end_process, model.end_power))()
    faults.resting = True
    model.open()
    model.drain()
    model.close()
    owed(disk.retried_syncs == 0, f"{disk.retried_syncs} syncs were tried again on a file whose sync had failed")
    return faults.count


def test_what_the_disk_refuses_is_never_acknowledged_and_a_failed_sync_never_tried_again(
    first_seed: int, record_figure: FigureRecorder
) -> None:
    injected, seed = 0, first_seed
    while injected < FAULTS:
        try:
            injected += lives_with_faults(seed)
        except Broken as error:
            raise Broken(f"TELLTALE_SEED={seed} TELLTALE_DISK_FAULTS=1: {error}") from error
        seed += 1
    record_figure("injected errors of the disk", injected, f">= {FAULTS}")
    record_figure("acknowledged and lost, or synced again after a failed sync", 0, "0")


# --- the checker bites ----------------------------------------------------------------------------------------------


def keep_writing_the_same_file(commits: GroupCommit) -> None:
    """What is done with a segment whose write failed: nothing."""
    del commits


def call_a_refusal_an_acknowledgement(commits: GroupCommit, futures: list[Future[None]], error: OSError) -> None:
    del commits, error
    for future in futures:
        future.set_result(None)


SABOTAGE = {"_abandon_segment": keep_writing_the_same_file, "_refuse": call_a_refusal_an_acknowledgement}


@pytest.mark.parametrize("method", sorted(SABOTAGE))
def test_a_log_that_makes_light_of_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(GroupCommit, method, SABOTAGE[method])
    with pytest.raises(Broken) as caught:
        run_seeds(range(200))
    print(caught.value)


def run_seeds(seeds: range) -> None:
    for seed in seeds:
        lives_with_faults(seed)


# --- the real disk --------------------------------------------------------------------------------------------------


def test_short_writes_are_taken_up_where_they_ended(
    tmp_path: Path, chance: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write, real_pwrite = os.write, os.pwrite
    shortened = []

    def some_of(data: memoryview) -> memoryview:
        part = data[: chance.randint(1, len(data))]
        shortened.append(len(part) < len(data))
        return part

    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, some_of(memoryview(data))))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real_pwrite(fd, some_of(memoryview(data)), at))
    wal = Wal(tmp_path / "wal")
    for number in range(1, 50):
        append(wal, number, size=1000)
    assert drain(wal) == list(range(1, 50))
    wal.close()
    monkeypatch.undo()
    again = Wal(tmp_path / "wal")
    assert (again.has_batch, again.damaged_bytes) == (False, 0)
    again.close()
    assert sum(shortened) > 25, "hardly a write was short: the test proved nothing"


class SlowDisk(Disk):
    """Takes its time to sync a segment."""

    def __init__(self, sync_s: float) -> None:
        self._sync_s = sync_s
        self.syncs = 0

    def append(self, path: Path) -> AppendFile:
        file = super().append(path)
        if path.suffix == ".wal":
            real_sync = file.sync

            def sync() -> None:
                threading.Event().wait(self._sync_s)
                self.syncs += 1
                real_sync()

            file.sync = sync  # type: ignore[method-assign]
        return file


SYNC_S = float(os.environ.get("TELLTALE_SLOW_SYNC_S", "0.05"))
RECORD_BYTES = 10_000
QUEUE_BYTES = 300_000
SENDERS = 8
RECORDS_A_SENDER = 240


class Senders:
    """Threads that append as fast as they are let, and wait only when they are told to come again."""

    def __init__(self, wal: Wal) -> None:
        self._wal = wal
        self.taken: dict[int, Future[None]] = {}
        self.waited_s: list[float] = []
        self.refusals = 0
        self.most_queued_bytes = 0
        threads = [threading.Thread(target=self._send, args=(sender * 10_000,)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for future in self.taken.values():
            future.result()

    def _send(self, first: int) -> None:
        for number in range(first, first + RECORDS_A_SENDER):
            began = time.monotonic()
            try:
                future = self._wal.append(record(number, RECORD_BYTES))
            except Overloaded:
                self.refusals += 1
                wait(list(self.taken.values()), timeout=SYNC_S)
                continue
            future.add_done_callback(lambda _, began=began: self.waited_s.append(time.monotonic() - began))
            self.taken[number] = future
            self.most_queued_bytes = max(self.most_queued_bytes, self._wal.queued_bytes)


def test_a_slow_disk_delays_senders_and_bounds_what_waits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_figure: FigureRecorder
) -> None:
    monkeypatch.setattr(log, "QUEUE_BYTES", QUEUE_BYTES)
    wal = Wal(tmp_path / "wal", host=Host(fs=SlowDisk(SYNC_S)))
    senders = Senders(wal)
    # a sender may pass the check while another's record is on its way in
    bound = QUEUE_BYTES + SENDERS * 2 * RECORD_BYTES
    record_figure("seconds that each sync of a segment takes", SYNC_S, "", "s")
    record_figure("requests taken", len(senders.taken))
    record_figure("requests told to come again", senders.refusals)
    record_figure("p99 of the wait for the disk", round(sorted(senders.waited_s)[-1 - len(senders.waited_s) // 100], 2))
    record_figure("most bytes in memory for the disk", senders.most_queued_bytes, f"<= {bound}")
    assert senders.refusals, "the disk was not slow: the test proved nothing"
    assert senders.most_queued_bytes <= bound
    lost = set(senders.taken) - set(drain(wal, 10_000))
    record_figure("acknowledged and lost", len(lost), "0")
    assert lost == set()
    assert wal.queued_bytes == 0
    wal.close()
