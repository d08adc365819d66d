"""Logs that earlier versions have left, and logs that only later ones can read."""

import importlib.util
import shutil
import zlib
from pathlib import Path
from types import ModuleType

import pytest
from log_records import append, batches, drain, numbers, record, take

from telltale_collector.wal import Record, Wal
from telltale_collector.wal.record import MAGIC, encode

FIXTURES = Path(__file__).parents[1] / "fixtures" / "wal"
UNDER_WAY = {
    "1": ("f5806c4827674a3e9eaa3fe6a3ff2b60-3.56-3.458", [12, 13, 14, 15, 16, 17]),
    "2": ("70fd8430fe124d3799c7b76d28dae069-2.0-2.404", [10, 11, 12, 13, 14, 15]),
}


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_log", FIXTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wal"


def test_every_format_that_there_was_has_a_log_here() -> None:
    assert sorted(path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name != "__pycache__") == sorted(
        UNDER_WAY
    )


@pytest.mark.parametrize("version", sorted(UNDER_WAY))
def test_a_log_of_an_earlier_format_goes_on_where_it_ended(version: str, folder: Path, maker: ModuleType) -> None:
    token, first = UNDER_WAY[version]
    shutil.copytree(FIXTURES / version, folder)
    wal = Wal(folder, host=maker.HOST)
    last = maker.RECORDS[-1]
    waiting = [maker.record(number) for number in range(first[0], last + 1)]
    assert wal.pending_items == sum(record.items for record in waiting)
    read: list[Record] = []
    tokens = []
    for batch in batches(wal):
        tokens.append(batch.token)
        read += batch.records
    assert read == waiting
    assert tokens[0] == token
    assert (wal.pending_items, wal.pending_bytes, wal.damaged_bytes) == (0, 0, 0)
    append(wal, 1)
    assert drain(wal) == [1]
    wal.close()
    again = Wal(folder, host=maker.HOST)
    assert not again.has_batch
    again.close()


def test_after_the_end_of_its_machine_a_journaled_log_begins_with_everything_that_is_kept(
    folder: Path, maker: ModuleType
) -> None:
    shutil.copytree(FIXTURES / "2", folder)
    wal = Wal(folder)
    read = [found for batch in batches(wal) for found in batch.records]
    assert read == [maker.record(number) for number in maker.RECORDS]
    wal.close()


def test_an_old_cursor_is_believed_until_a_journal_says_more(folder: Path) -> None:
    shutil.copytree(FIXTURES / "1", folder)
    Wal(folder).close()
    assert not (folder / "cursor").exists()
    wal = Wal(folder)
    assert take(wal).token == UNDER_WAY["1"][0]
    wal.close()


@pytest.mark.parametrize("torn_slot", [0, 1])
def test_a_torn_slot_of_an_old_cursor_leaves_the_other_one(folder: Path, torn_slot: int) -> None:
    shutil.copytree(FIXTURES / "1", folder)
    cursor = bytearray((folder / "cursor").read_bytes())
    cursor[torn_slot * 64 + 10 : torn_slot * 64 + 20] = b"\xff" * 10
    (folder / "cursor").write_bytes(cursor)
    wal = Wal(folder)
    read = [number for batch in batches(wal) for number in numbers(batch)]
    assert read[-1] % 1000 == 30
    assert read == sorted(set(read))
    assert read[0] % 1000 <= UNDER_WAY["1"][1][0]
    wal.close()


def test_a_segment_of_a_newer_version_is_left_alone_and_named(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    newer = folder / "000000000001-v9.wal"
    newer.write_bytes(b"what a later version writes")
    wal = Wal(folder, keep_s=0)
    append(wal, 1)
    assert drain(wal) == [1]
    wal.close()
    assert newer.read_bytes() == b"what a later version writes"
    assert "000000000001-v9.wal is no segment that this version can read" in caplog.text


def test_records_of_a_newer_version_in_an_old_segment_are_kept_in_quarantine(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    content = b"TTW9" + bytes(range(200))
    (folder / "000000000001.wal").write_bytes(content)
    wal = Wal(folder, keep_s=0)
    append(wal, 1)
    assert drain(wal) == [1]
    assert wal.damaged_bytes == len(content)
    (kept,) = (folder / "quarantine").iterdir()
    assert kept.read_bytes() == content
    assert "written by a newer version" in caplog.text
    wal.close()


def test_a_signal_that_only_a_newer_version_knows_is_kept_and_counted_and_blocks_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = bytearray(encode(record(2)))
    body_at = len(MAGIC) + 8
    unknown[body_at + 8] = 99
    unknown[body_at + 9 : body_at + 13] = (7).to_bytes(4, "little")
    unknown[len(MAGIC) + 4 : body_at] = zlib.crc32(unknown[body_at:]).to_bytes(4, "little")
    folder.mkdir()
    (folder / "000000000001.wal").write_bytes(encode(record(1)) + unknown + encode(record(3)))
    wal = Wal(folder, keep_s=0)
    assert wal.pending_items == 2
    assert drain(wal) == [1, 3]
    assert (wal.unknown_items, wal.damaged_bytes, wal.pending_bytes) == (7, 0, 0)
    (kept,) = (folder / "quarantine").iterdir()
    assert kept.read_bytes() == bytes(unknown)
    assert "7 items of a signal that only a newer version knows" in caplog.text
    wal.close()


def test_a_journal_of_a_newer_version_is_kept_and_costs_a_repetition_not_a_record(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2)
    wal.commit(take(wal, 1))
    wal.close()
    (journal,) = folder.glob("*.batches")
    newer = journal.read_bytes().replace(b"TTJ1", b"TTJ9")
    journal.write_bytes(newer)
    again = Wal(folder, keep_s=0)
    assert drain(again) == [1, 2]
    again.close()
    assert journal.read_bytes() == newer
