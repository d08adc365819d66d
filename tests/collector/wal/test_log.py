"""The log: what is acknowledged survives, once, under one token."""

from pathlib import Path

import pytest
from log_records import LINGER_S, append, drain, numbers, record, take

from telltale_collector.errors import Overloaded
from telltale_collector.wal import Host, Wal
from telltale_collector.wal.filesystem import Disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wal"


def test_records_come_out_in_order_and_only_once(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3)
    batch = wal.next_batch(100, LINGER_S)
    assert numbers(batch) == [1, 2, 3]
    wal.commit(batch)
    append(wal, 4)
    assert numbers(wal.next_batch(100, LINGER_S)) == [4]
    wal.close()


def test_what_was_not_committed_comes_again_after_a_restart(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2)
    wal.commit(wal.next_batch(1, LINGER_S))
    wal.close()
    again = Wal(folder)
    assert again.pending_items == 1
    assert numbers(again.next_batch(100, LINGER_S)) == [2]
    again.close()


def test_a_sealed_batch_has_the_same_records_and_token_after_a_restart(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2)
    sealed = wal.next_batch(100, LINGER_S)
    append(wal, 3)
    wal.close()
    again = Wal(folder)
    append(again, 4)
    repeated = take(again)
    assert (repeated.token, numbers(repeated)) == (sealed.token, [1, 2])
    again.commit(repeated)
    assert drain(again) == [3, 4]
    again.close()


def test_two_batches_never_share_a_token(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1)
    first = wal.next_batch(100, LINGER_S)
    wal.commit(first)
    append(wal, 2)
    assert wal.next_batch(100, LINGER_S).token != first.token
    wal.close()


def test_two_logs_never_share_a_token(tmp_path: Path) -> None:
    tokens = set()
    for name in ("a", "b"):
        wal = Wal(tmp_path / name)
        append(wal, 1)
        tokens.add(wal.next_batch(100, LINGER_S).token)
        wal.close()
    assert len(tokens) == 2


def test_a_batch_lies_within_one_segment(folder: Path) -> None:
    wal = Wal(folder, segment_bytes=100)
    append(wal, 1, size=200)
    append(wal, 2, size=200)
    assert [numbers(take(wal)), numbers(take(wal))] == [[1], [2]]
    wal.close()


def test_a_torn_tail_is_skipped_and_what_follows_is_read(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2)
    wal.close()
    (segment,) = folder.glob("*.wal")
    segment.write_bytes(segment.read_bytes()[:-3])
    again = Wal(folder)
    append(again, 3)
    assert drain(again) == [1, 3]
    assert again.damaged_bytes > 0
    again.close()


def test_damage_in_the_middle_is_kept_in_quarantine_byte_by_byte(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3)
    wal.close()
    (segment,) = folder.glob("*.wal")
    content = bytearray(segment.read_bytes())
    size = len(content) // 3
    content[size + 20] ^= 0xFF
    segment.write_bytes(content)
    again = Wal(folder)
    batch = again.next_batch(100, LINGER_S)
    assert numbers(batch) == [1, 3]
    (kept,) = (folder / "quarantine").iterdir()
    assert kept.read_bytes() == bytes(content[size : 2 * size])
    assert again.damaged_bytes == size
    again.close()


def test_a_foreign_file_and_an_empty_segment_do_not_stop_the_start(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("hello")
    (folder / "000000000007.wal").touch()
    (folder / "nonsense.wal").write_bytes(b"abc")
    wal = Wal(folder)
    append(wal, 1)
    assert numbers(wal.next_batch(100, LINGER_S)) == [1]
    wal.close()


def test_over_the_disk_budget_the_sender_is_told_to_wait_and_later_served(folder: Path) -> None:
    wal = Wal(folder, budget_bytes=100)
    append(wal, 1, size=200)
    with pytest.raises(Overloaded, match="disk budget"):
        wal.append(record(2))
    wal.commit(wal.next_batch(100, LINGER_S))
    append(wal, 3)
    assert numbers(wal.next_batch(100, LINGER_S)) == [3]
    wal.close()


def test_a_record_larger_than_a_reading_chunk_is_read_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_collector.wal.reader.CHUNK_BYTES", 64)
    wal = Wal(folder)
    append(wal, 1, size=1000)
    append(wal, 2, 3, size=10)
    batch = wal.next_batch(100, LINGER_S)
    assert numbers(batch) == [1, 2, 3]
    assert wal.damaged_bytes == 0
    wal.close()


class FailingDisk(Disk):
    """A disk whose syncs fail while told to."""

    failing = False

    def append(self, path: Path):
        file = super().append(path)
        real_sync = file.sync

        def sync() -> None:
            if self.failing:
                raise OSError(28, "No space left on device")
            real_sync()

        file.sync = sync
        return file


def test_a_failed_sync_is_never_acknowledged_and_never_tried_on_the_same_file(folder: Path) -> None:
    disk = FailingDisk()
    wal = Wal(folder, host=Host(fs=disk))
    append(wal, 1)
    disk.failing = True
    with pytest.raises(Overloaded, match="No space left"):
        wal.append(record(2)).result()
    disk.failing = False
    append(wal, 3)
    assert drain(wal) == [1, 3]
    assert len(list(folder.glob("*.wal"))) == 2
    wal.close()
