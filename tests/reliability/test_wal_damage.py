"""Damage to a write-ahead log costs the records it touches and nothing else: it starts, and it counts what it skips."""

import logging
import os
from random import Random

import pytest
from damaged_log import Files, Log, disk_of, files_of, mutated, open_on, touched, written_log
from figures import FigureRecorder
from log_model import FOLDER, record
from simulated_disk import SimulatedDisk

from telltale_collector.wal import Batch, Wal
from telltale_collector.wal.record import encode

MUTATIONS = int(os.environ.get("TELLTALE_MUTATIONS", "2000"))
CUTS = int(os.environ.get("TELLTALE_TORN_CUTS", "700"))
TAIL_BYTES = 64 << 10


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "telltale.wal")


def drained(wal: Wal) -> list[Batch]:
    """Everything it hands out, in order, committed."""
    taken = []
    while wal.has_batch:
        batch = wal.next_batch(200, 0.0)
        assert batch is not None
        taken.append(batch)
        wal.commit(batch)
    return taken


def judge(log: Log, files: Files, rng: Random) -> int:
    """Open a damaged copy, take everything out, hold it against what was not damaged; how many records are lost."""
    disk = disk_of(files, rng)
    wal = open_on(disk)
    on_disk = 0
    read = set()
    sizes = 0
    pending = wal.pending_items
    taken = drained(wal)
    for batch in taken:
        on_disk += wal._segments.bytes_in(batch.bounds)
        for found in batch.records:
            number = found.received_at_ns
            assert found == record(number), f"record {number} was changed"
            read.add(number)
            marker = wal._segments.marker_of(batch.start.segment)
            sizes += len(encode(found, marker))
    lost = log.waiting - read
    assert lost <= touched(log, files), f"lost without being touched: {lost - touched(log, files)}"
    assert wal.damaged_bytes == on_disk - sizes
    assert wal.damaged_bytes == sum(map(len, quarantined(disk).values()))
    assert pending == sum(batch.items for batch in taken)
    assert (wal.pending_items, wal.pending_bytes) == (0, 0)
    for name, content in quarantined(disk).items():
        segment, _, at = name.removesuffix(".bin").partition("-")
        (source,) = [found for kept, found in files.items() if kept.startswith(segment) and kept.endswith(".wal")]
        assert source[int(at) : int(at) + len(content)] == content
    wal.append(record(1))
    wal.flush()
    assert [found.received_at_ns for batch in drained(wal) for found in batch.records] == [1], "it goes on"
    wal.close()
    return len(lost)


def quarantined(disk: SimulatedDisk) -> Files:
    folder = FOLDER / "quarantine"
    return files_of(disk, folder) if str(folder) in disk.folders else {}


def test_damage_costs_the_records_it_touches_and_is_counted_to_the_byte(
    chance: Random, record_figure: FigureRecorder
) -> None:
    lost = hit = 0
    for number in range(MUTATIONS):
        if number % 100 == 0:
            log = written_log(chance, records=150, segment_bytes=9000, batches=4)
        mutation = mutated(log, chance)
        hit += len(touched(log, mutation.files) & log.waiting)
        try:
            lost += judge(log, mutation.files, chance)
        except AssertionError as error:
            raise AssertionError(f"mutation {number}, {mutation.kind}: {error}") from error
    record_figure("mutations", MUTATIONS)
    record_figure("failed starts, wrong payloads, records lost that were not touched", 0, "0")
    record_figure("records touched", hit)
    record_figure("records lost", lost, f"<= {hit}")
    assert 0 < lost <= hit, "no mutation cost a record: the test proved nothing"


def test_at_every_cut_of_a_torn_tail_all_whole_records_are_read(chance: Random, record_figure: FigureRecorder) -> None:
    log = written_log(chance, records=400, segment_bytes=1 << 30, batches=4)
    (name,) = [name for name in log.files if name.endswith(".wal")]
    content = log.files[name]
    assert len(content) > TAIL_BYTES
    tail = range(len(content) - TAIL_BYTES, len(content) + 1)
    ends = sorted(end for _, _, end in log.places.values())
    cuts = tail if len(tail) <= CUTS else sorted({*chance.sample(tail, CUTS), *(e for e in ends if e in tail)})
    for cut in cuts:
        wal = open_on(disk_of(log.files | {name: content[:cut]}, chance))
        read = {found.received_at_ns for batch in drained(wal) for found in batch.records}
        whole = {number for number, (_, _, end) in log.places.items() if end <= cut}
        assert read == whole - log.stored, f"cut at {cut}"
        assert wal.damaged_bytes == cut - max(end for end in ends if end <= cut), f"cut at {cut}"
        wal.close()
    record_figure("cuts", len(cuts))
    record_figure("cuts of the tail's bytes that cost a whole record", 0, "0")
