"""Records whose content is a function of their number, and how tests of the write-ahead log put them in and out."""

from collections.abc import Iterator
from concurrent.futures import wait

from telltale_collector.wal import Batch, Record, Signal, Wal

LINGER_S = 0.001


def record(number: int, size: int = 10) -> Record:
    return Record(number, Signal.TRACES, 1, "p", number.to_bytes(4, "big") + b"x" * size)


def append(wal: Wal, *numbers: int, size: int = 10) -> None:
    """Each number a record, durable when it returns."""
    done, _ = wait([wal.append(record(number, size)) for number in numbers])
    for future in done:
        future.result()


def numbers(batch: Batch) -> list[int]:
    return [found.received_at_ns for found in batch.records]


def take(wal: Wal, max_items: int = 100) -> Batch:
    batch = wal.next_batch(max_items, LINGER_S)
    assert batch is not None
    return batch


def batches(wal: Wal, max_items: int = 100) -> Iterator[Batch]:
    """Everything that is there now, each batch committed when the next is asked for."""
    while wal.has_batch:
        batch = take(wal, max_items)
        yield batch
        wal.commit(batch)


def drain(wal: Wal, max_items: int = 100) -> list[int]:
    return [number for batch in batches(wal, max_items) for number in numbers(batch)]
