"""Batches overlap: the next is handed out while earlier ones are on their way into the store."""

import threading
from pathlib import Path

import pytest
from log_records import LINGER_S, append, drain, numbers, record, take

from telltale_collector.wal import Wal
from telltale_collector.wal.log import OPEN_BATCHES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wal"


def test_the_next_batch_comes_while_earlier_ones_are_open(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3)
    first, second, third = (take(wal, 1) for _ in range(3))
    assert [numbers(batch) for batch in (first, second, third)] == [[1], [2], [3]]
    assert wal.pending_items == 3
    wal.commit(first)
    assert wal.pending_items == 2
    wal.commit(second)
    wal.commit(third)
    assert (wal.pending_items, wal.pending_bytes) == (0, 0)
    wal.close()


def test_batches_are_committed_in_order_each_once(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2)
    first, second = take(wal, 1), take(wal, 1)
    with pytest.raises(ValueError, match="in the order"):
        wal.commit(second)
    wal.commit(first)
    with pytest.raises(ValueError, match="in the order"):
        wal.commit(first)
    wal.commit(second)
    wal.close()


def test_with_all_batches_open_the_next_waits_for_a_commit(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, *range(OPEN_BATCHES + 1))
    open_batches = [take(wal, 1) for _ in range(OPEN_BATCHES)]
    later: list[int] = []
    reader = threading.Thread(target=lambda: later.extend(numbers(take(wal, 1))))
    reader.start()
    assert later == []
    wal.commit(open_batches[0])
    reader.join()
    assert later == [OPEN_BATCHES]
    wal.close()


def test_a_reader_that_waits_for_a_commit_can_be_stopped(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, *range(OPEN_BATCHES + 1))
    for _ in range(OPEN_BATCHES):
        take(wal, 1)
    ended: list[object] = []
    reader = threading.Thread(target=lambda: ended.append(wal.next_batch(1, LINGER_S)))
    reader.start()
    wal.stop_reading()
    reader.join()
    assert ended == [None]
    wal.close()


def test_all_open_batches_come_again_after_a_restart_in_order_with_their_bounds(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3, 4, 5)
    sealed = [take(wal, size) for size in (1, 2, 1)]
    wal.commit(sealed[0])
    wal.close()
    again = Wal(folder)
    assert again.pending_items == 4
    repeated = [take(again) for _ in range(2)]
    assert [(b.token, numbers(b)) for b in repeated] == [(b.token, numbers(b)) for b in sealed[1:]]
    for batch in repeated:
        again.commit(batch)
    assert drain(again) == [5]
    again.close()


def test_waiting_for_more_looks_at_what_is_not_sealed_yet(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3)
    take(wal)
    waiting: list[int] = []
    reader = threading.Thread(target=lambda: waiting.extend(numbers(take(wal))))
    reader.start()
    assert waiting == []
    append(wal, 4)
    reader.join()
    assert waiting == [4]
    wal.close()


def test_a_range_with_nothing_good_in_it_is_a_batch_without_records(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1)
    wal.close()
    (segment,) = folder.glob("*.wal")
    size = segment.stat().st_size
    segment.write_bytes(bytes(size))
    again = Wal(folder)
    empty = take(again)
    assert (empty.records, again.damaged_bytes, again.pending_items) == ([], size, 0)
    again.close()
    repeated = Wal(folder)
    assert take(repeated).token == empty.token
    repeated.close()


def test_what_is_read_does_not_depend_on_where_a_chunk_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload may hold what looks like a record: it must not be taken for one where a chunk cuts the real one."""
    from telltale_collector.wal.record import encode

    forged = encode(record(666))
    real = record(1)
    real.payload = b"x" * 40 + forged + b"y" * 200
    wal = Wal(folder)
    wal.append(real).result()
    append(wal, 2)
    for chunk in range(32, 400, 7):
        monkeypatch.setattr("telltale_collector.wal.reader.CHUNK_BYTES", chunk)
        reader = Wal(folder)
        assert reader.pending_items == 2
        reader._commits.close()
    assert drain(wal) == [1, 2]
    assert wal.damaged_bytes == 0
    wal.close()


def test_a_batch_holds_no_more_bytes_than_it_may(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, *range(1, 8), size=996)  # 1,000 bytes each, with the number
    found = [numbers(wal.next_batch(100, LINGER_S, max_bytes=3000)) for _ in range(3)]
    assert found == [[1, 2, 3], [4, 5, 6], [7]]
    wal.close()


def test_a_record_larger_than_a_batch_goes_alone(folder: Path) -> None:
    wal = Wal(folder)
    for number, size in enumerate([10, 5000, 10, 10]):
        append(wal, number, size=size)
    found = [numbers(wal.next_batch(100, LINGER_S, max_bytes=2000)) for _ in range(3)]
    assert found == [[0], [1], [2, 3]]
    wal.close()


def test_enough_bytes_for_a_batch_are_not_waited_on(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, 1, 2, 3, size=996)
    reader: list[list[int]] = []
    taking = threading.Thread(target=lambda: reader.append(numbers(wal.next_batch(100, 3600.0, max_bytes=2000))))
    taking.start()
    taking.join(timeout=60)
    assert reader == [[1, 2]]
    wal.close()


def test_batches_limited_by_bytes_come_again_with_their_bounds(folder: Path) -> None:
    wal = Wal(folder)
    append(wal, *range(1, 8), size=996)
    first, second = (wal.next_batch(100, LINGER_S, max_bytes=2000) for _ in range(2))
    wal.close()
    again = Wal(folder)
    repeated = [again.next_batch(100, LINGER_S, max_bytes=size) for size in (1, 10**9)]
    assert [(batch.token, numbers(batch)) for batch in repeated] == [
        (batch.token, numbers(batch)) for batch in (first, second)
    ]
    assert drain_from(again, repeated) == [5, 6, 7]
    again.close()


def drain_from(wal: Wal, open_batches: list) -> list[int]:
    for batch in open_batches:
        wal.commit(batch)
    return drain(wal)
