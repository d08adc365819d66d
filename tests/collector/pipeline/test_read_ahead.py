"""Batches that another process reads: the rows are those that are read here, and its end costs nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import otlp
import pytest
from embedded_store import PRICES, Store

from telltale_collector.decode import Media, check_traces
from telltale_collector.errors import StoreError
from telltale_collector.pipeline.read_ahead import Pending, ReadAhead
from telltale_collector.store.client import Client
from telltale_collector.wal import Record, Signal

FIXTURES = Path(__file__).parents[2] / "fixtures" / "otlp"
BODIES = sorted(FIXTURES.glob("*/*/*traces*.pb"))
LIMIT_S = 60.0
EVERY_COLUMN = """
SELECT * EXCEPT (project, received_at)
FROM spans FINAL
WHERE project = {project:String}
ORDER BY trace_id, span_id
"""


@pytest.fixture
def ahead(client: Client) -> Iterator[ReadAhead]:
    reader = ReadAhead(PRICES, lambda: client.column_types("spans"), fewest=1)
    yield reader
    reader.stop()


def record(*spans: dict[str, Any], project: str = "default", signal: Signal = Signal.TRACES) -> Record:
    return Record(time.time_ns(), signal, len(spans), project, otlp.traces_body(*spans))


def begun(ahead: ReadAhead, *records: Record) -> Pending:
    """Once a process is there to read: until then nothing waits for it."""
    deadline = time.monotonic() + LIMIT_S
    while (pending := ahead.begin(records)) is None:
        assert time.monotonic() < deadline, f"no process reads ahead within {LIMIT_S} s"
        time.sleep(0.02)
    return pending


def pids_of_readers() -> list[int]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    command_of = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children.split()}
    return [pid for pid, command in command_of.items() if b"reading_process" in command]


def pid_of_reader() -> int:
    """Of the only one. A process that was just started shows its command a moment later."""
    deadline = time.monotonic() + LIMIT_S
    while len(pids := pids_of_readers()) != 1:
        assert time.monotonic() < deadline, pids
    return pids[0]


def test_every_recording_is_stored_the_same_whoever_reads_it(client: Client, project: str, ahead: ReadAhead) -> None:
    here, there = Store(client, project), Store(client, f"{project}-ahead")
    payloads = [check_traces(path.read_bytes(), Media.PROTOBUF).payload for path in BODIES]
    assert len(payloads) > 50
    for payload in payloads:
        record_here, record_there = (
            Record(1, Signal.TRACES, 1, each, payload) for each in (here.project, there.project)
        )
        here.writer.write(here.settler.settle([record_here]), f"{here.project}-{hash(payload)}")
        reading = begun(ahead, record_there).result()
        assert reading is not None
        rows = there.settler.take(reading) or there.settler.settle([record_there])
        there.writer.write(rows, f"{there.project}-{hash(payload)}")
    stored = [client.query(EVERY_COLUMN, {"project": each}, {}) for each in (here.project, there.project)]
    assert len(stored[0]) > 200
    assert stored[0] == stored[1]


def test_batches_come_back_in_the_order_in_which_they_were_given(ahead: ReadAhead) -> None:
    spans = [otlp.llm_span() for _ in range(8)]
    pending = [begun(ahead, record(span)) for span in spans]
    found = [each.result() for each in pending]
    ids = [reading.outlines()["default"][0].span_id for reading in found if reading is not None]
    assert ids == [span["span_id"] for span in spans]
    assert len(pids_of_readers()) == 2


def test_small_batches_and_other_signals_are_read_here(client: Client) -> None:
    ahead = ReadAhead(PRICES, lambda: client.column_types("spans"), fewest=3)
    assert ahead.begin([record(otlp.llm_span(), otlp.llm_span())]) is None
    three = [otlp.llm_span() for _ in range(3)]
    assert ahead.begin([record(*three), record(*three, signal=Signal.LOGS)]) is None
    assert pids_of_readers() == []
    ahead.stop()


def test_a_killed_process_costs_nothing_but_that_its_batch_is_read_here(ahead: ReadAhead) -> None:
    begun(ahead, record(otlp.llm_span())).result()
    pid = pid_of_reader()
    os.kill(pid, signal.SIGSTOP)
    pending = begun(ahead, record(otlp.llm_span()))
    os.kill(pid, signal.SIGKILL)
    assert pending.result() is None
    assert ahead.begin([record(otlp.llm_span())]) is None  # for a while
    assert pids_of_readers() == []


def test_a_process_that_ends_before_it_begins_is_given_up(ahead: ReadAhead) -> None:
    assert ahead.begin([record(otlp.llm_span())]) is None  # it is only started
    pid = pid_of_reader()
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + LIMIT_S
    while ahead._others:
        assert ahead.begin([record(otlp.llm_span())]) is None
        assert time.monotonic() < deadline, "a dead process is waited for"
    assert pids_of_readers() == []


def test_a_store_that_is_away_leaves_the_batch_to_be_read_here() -> None:
    def types() -> dict[str, str]:
        raise StoreError("the store is away")

    assert ReadAhead(PRICES, types, fewest=1).begin([record(otlp.llm_span())]) is None


def test_a_stop_ends_a_process_that_does_not_answer_and_who_waits_for_it(ahead: ReadAhead) -> None:
    begun(ahead, record(otlp.llm_span())).result()
    pid = pid_of_reader()
    os.kill(pid, signal.SIGSTOP)
    pending = begun(ahead, record(otlp.llm_span()))
    ahead.stop()
    assert pending.result() is None
    assert pids_of_readers() == []


def test_what_cannot_be_read_is_left_to_the_collector_to_find(ahead: ReadAhead) -> None:
    broken = Record(time.time_ns(), Signal.TRACES, 1, "default", b"\x0a\xff")
    assert begun(ahead, broken).result() is None
    assert begun(ahead, record(otlp.llm_span())).result() is not None
