"""Stored segments are kept for a while, and everything kept is stored again after the machine ended without warning."""

import errno
from pathlib import Path

import pytest
from log_records import append, drain, numbers, record, take

from telltale_collector.errors import Overloaded
from telltale_collector.wal import Batch, Host, Wal
from telltale_collector.wal.filesystem import AppendFile, Disk
from telltale_collector.wal.position import Position

KEEP_S = 600.0


class Machine:
    """A clock that is set by hand, boots that are counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 0.0
        self.boots = 1
        self.disk = FullDisk()

    def open(self, **settings: int) -> Wal:
        host = Host(self.disk, lambda: self.now, Position(self.boots, 0))
        return Wal(self.folder, keep_s=KEEP_S, host=host, **settings)

    def end(self, wal: Wal) -> None:
        """The process is gone, nothing was closed in good order."""
        assert wal._appender is not None
        wal._appender.close()

    def segments(self) -> list[int]:
        return sorted(int(path.name[:12]) for path in self.folder.glob("*.wal"))


class FullDisk(Disk):
    """A disk that has no room while told so, but for what ``spares`` says."""

    is_full = False

    def append(self, path: Path) -> AppendFile:
        file = super().append(path)
        real_write = file.write

        def write(data: bytes) -> None:
            self._check(path)
            real_write(data)

        file.write = write
        return file

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        self._check(path)
        super().write_at(path, offset, data)

    def allocate(self, path: Path, size: int) -> None:
        self._check(path)
        super().allocate(path, size)

    def _check(self, path: Path) -> None:
        reserve = path.parent / "reserve"
        in_use = reserve.exists() or path.suffix == ".wal" or path.name == "reserve"
        if self.is_full and in_use:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "wal")


def fill(wal: Wal, *given: int) -> list[Batch]:
    """Records of 200 bytes, each of which closes a segment of 100; all stored."""
    stored = []
    for number in given:
        append(wal, number, size=200)
        stored.append(take(wal))
        wal.commit(stored[-1])
    return stored


def test_a_stored_segment_is_kept_for_its_time_and_then_given_up(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100)
    fill(wal, 1, 2)
    machine.now = KEEP_S - 1
    fill(wal, 3)
    assert machine.segments() == [1, 2, 3]
    machine.now = KEEP_S
    fill(wal, 4)
    assert machine.segments() == [2, 3, 4]
    machine.now = 2 * KEEP_S
    fill(wal, 5)
    assert machine.segments() == [4, 5]
    wal.close()


def test_what_is_stored_goes_in_time_though_nothing_comes_after_it(machine: Machine) -> None:
    wal = machine.open()
    fill(wal, 1)
    machine.now = KEEP_S
    wal._tidy()
    machine.now = 2 * KEEP_S
    wal._tidy()
    assert machine.segments() == []
    assert list(machine.folder.glob("*.batches")) != []
    fill(wal, 2)
    assert machine.segments() == [2]
    wal.close()


def test_kept_segments_make_way_before_a_sender_is_refused_the_oldest_first(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100, budget_bytes=1000)
    fill(wal, 1, 2, 3, 4, 5, 6, 7, 8)
    assert machine.segments()[-1] == 8
    assert machine.segments()[0] > 1
    assert sum(path.stat().st_size for path in machine.folder.glob("*.wal")) <= 1000
    assert (wal.pending_items, wal.pending_bytes) == (0, 0)
    wal.close()


def test_kept_segments_make_way_for_a_backlog_that_nobody_commits(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100, budget_bytes=1000)
    fill(wal, 1, 2, 3)
    append(wal, 4, 5, 6, 7, size=200)
    assert 1 not in machine.segments()
    append(wal, 8, size=200)
    with pytest.raises(Overloaded, match="disk budget"):
        append(wal, 9, size=200)
    assert drain(wal) == [4, 5, 6, 7, 8]
    wal.close()


def test_after_the_end_of_the_machine_kept_batches_come_again_under_their_tokens_then_new_ones(
    machine: Machine,
) -> None:
    wal = machine.open(segment_bytes=100)
    stored = fill(wal, 1, 2, 3)
    append(wal, 4)
    machine.end(wal)
    machine.boots += 1
    again = machine.open(segment_bytes=100)
    assert again.pending_items == 4
    append(again, 5)
    repeated = []
    for _ in stored:
        repeated.append(take(again))
        again.commit(repeated[-1])
    assert [(batch.token, numbers(batch)) for batch in repeated] == [(b.token, numbers(b)) for b in stored]
    assert drain(again) == [4, 5]
    assert (again.pending_items, again.pending_bytes) == (0, 0)
    again.close()


def test_a_repetition_that_ends_half_way_goes_on_in_the_next_process(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100)
    stored = fill(wal, 1, 2, 3)
    machine.end(wal)
    machine.boots += 1
    half = machine.open(segment_bytes=100)
    half.commit(take(half))
    machine.end(half)
    rest = machine.open(segment_bytes=100)
    assert take(rest).token == stored[1].token
    assert numbers(take(rest)) == [3]
    rest.close()


@pytest.mark.parametrize("boots_since", [0, 1])
def test_a_log_that_was_closed_in_good_order_repeats_nothing(machine: Machine, boots_since: int) -> None:
    wal = machine.open()
    fill(wal, 1)
    wal.close()
    machine.boots += boots_since
    again = machine.open()
    assert (again.has_batch, again.pending_items) == (False, 0)
    again.close()


def test_the_end_of_the_process_alone_repeats_nothing(machine: Machine) -> None:
    wal = machine.open()
    fill(wal, 1)
    machine.end(wal)
    again = machine.open()
    assert (again.has_batch, again.pending_items) == (False, 0)
    again.close()


def test_a_number_is_not_used_again_after_its_segment_was_given_up(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100)
    (stored,) = fill(wal, 1)
    for rounds in (1, 2):
        machine.now = rounds * KEEP_S
        wal._tidy()
    assert machine.segments() == []
    machine.end(wal)
    machine.boots += 1
    again = machine.open(segment_bytes=100)
    assert fill(again, 2)[0].start.segment > stored.start.segment
    again.close()


def test_journals_go_with_the_segments_they_speak_of(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_collector.wal.journal._FULL_BYTES", 640)
    wal = machine.open(segment_bytes=100)
    for number in range(40):
        machine.now += KEEP_S / 4
        fill(wal, number)
    assert len(list(machine.folder.glob("*.batches"))) <= 3
    assert len(machine.segments()) <= 6
    wal.close()


def test_on_a_full_disk_the_reserve_lets_what_is_kept_be_stored_and_senders_wait(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100)
    reserve = machine.folder / "reserve"
    assert reserve.stat().st_size == 16 << 20
    append(wal, 1, 2)
    machine.disk.is_full = True
    with pytest.raises(Overloaded, match="No space left"):
        append(wal, 3)
    assert "No space left" in str(wal.trouble)
    assert wal.shortage is None
    assert reserve.exists()
    assert drain(wal) == [1, 2]
    assert not reserve.exists()
    with pytest.raises(Overloaded, match="disk of the write-ahead log is full"):
        wal.append(record(4))
    assert wal.trouble == wal.shortage == "the disk of the write-ahead log is full"
    machine.disk.is_full = False
    machine.now += 2
    append(wal, 5)
    assert wal.trouble is None
    assert reserve.exists()
    assert drain(wal) == [5]
    wal.close()


def test_damage_found_on_a_full_disk_is_kept_all_the_same(machine: Machine) -> None:
    wal = machine.open(segment_bytes=100)
    append(wal, 1)
    wal.close()
    (segment,) = machine.folder.glob("*.wal")
    segment.write_bytes(segment.read_bytes()[:-1])
    again = machine.open(segment_bytes=100)
    machine.disk.is_full = True
    assert take(again).records == []
    assert again.damaged_bytes == segment.stat().st_size
    again.close()


def test_a_log_opens_on_a_full_disk_and_hands_out_what_it_holds(machine: Machine) -> None:
    wal = machine.open()
    append(wal, 1)
    machine.end(wal)
    machine.disk.is_full = True
    again = machine.open()
    assert drain(again) == [1]
    with pytest.raises(Overloaded):
        append(again, 2)
    again.close()


def test_what_waits_for_the_disk_counts_against_the_budget(machine: Machine) -> None:
    host = Host(machine.disk, lambda: 0.0, Position(1, 0), threaded=False)
    wal = Wal(machine.folder, budget_bytes=500, host=host)
    wal.append(record(1, 400))
    assert wal.queued_bytes > 400
    wal.append(record(2, 400))
    with pytest.raises(Overloaded, match="disk budget"):
        wal.append(record(3, 400))
    wal.flush()
    assert wal.queued_bytes == 0
    wal.close()
