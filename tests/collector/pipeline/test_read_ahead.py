"""Batches that another process reads: the rows are those that are read here, and its end costs nothing."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import otlp
import pytest
from embedded_store import PRICES, Store

from telltale_collector.decode import Media, check_traces
from telltale_collector.errors import StoreError
from telltale_collector.pipeline import read_ahead as module
from telltale_collector.pipeline.carry import prepare
from telltale_collector.pipeline.read import read_into_columns
from telltale_collector.pipeline.read_ahead import Pending, ReadAhead
from telltale_collector.store.blocks import encode
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


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < deadline, f"waited {LIMIT_S} s"


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


def test_an_answer_is_never_taken_for_that_of_another_batch(ahead: ReadAhead) -> None:
    begun(ahead, record(otlp.llm_span())).result()
    (other,) = ahead._others
    other._send((7, [record(otlp.llm_span())]))  # its answer comes first
    assert begun(ahead, record(otlp.llm_span())).result() is None
    assert ahead._others == []


def test_a_process_that_is_gone_answers_nothing_any_more(ahead: ReadAhead) -> None:
    begun(ahead, record(otlp.llm_span())).result()
    pending = begun(ahead, record(otlp.llm_span()))
    (other,) = ahead._others
    wait_for(other._connection.poll)  # the answer is there
    ahead.give_up(other, OSError("too late"))
    assert pending.result() is None


def test_a_process_that_stands_still_is_given_up_whichever_way_the_batch_goes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a socket holds: it stops while the batch is sent to it, or while its answer comes."""
    monkeypatch.setattr(module, "_ANSWER_S", 2)
    large = record(*(otlp.llm_span(attributes={"input.value": "x" * 10_000}) for _ in range(200)))
    for stopped_before in (True, False):
        ahead = ReadAhead(PRICES, lambda: client.column_types("spans"), fewest=1)
        begun(ahead, record(otlp.llm_span())).result()
        pid = pid_of_reader()
        if stopped_before:
            os.kill(pid, signal.SIGSTOP)
            assert ahead.begin([large]) is None
        else:
            pending = begun(ahead, large)
            wait_for(ahead._others[0]._connection.poll)  # the answer has begun to come
            os.kill(pid, signal.SIGSTOP)
            assert pending.result() is None
        assert pids_of_readers() == []
        ahead.stop()


def test_a_process_that_had_nothing_to_do_and_left_is_replaced_without_a_word(
    ahead: ReadAhead, caplog: pytest.LogCaptureFixture
) -> None:
    begun(ahead, record(otlp.llm_span())).result()
    (first,) = ahead._others
    with socket.socket(fileno=os.dup(first._connection.fileno())) as line:
        line.shutdown(socket.SHUT_WR)  # it ends as when nothing has come for two minutes
    wait_for(lambda: first.has_left)
    assert begun(ahead, record(otlp.llm_span())).result() is not None
    assert first not in ahead._others
    assert caplog.messages == []


def test_nothing_from_the_working_directory_is_run(
    ahead: ReadAhead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    assert begun(ahead, record(otlp.llm_span())).result() is not None


def test_more_than_memory_should_hold_twice_is_read_here(ahead: ReadAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 100)
    assert ahead.begin([record(otlp.llm_span())]) is None
    assert ahead._others == []


def test_a_value_that_does_not_fit_is_a_fault_of_the_batch(client: Client) -> None:
    types = client.column_types("spans")
    for columns in ({"input_tokens": [-1]}, {"start_time": [2**70]}, {"name": [5]}, {"cost_usd": ["dear"]}):
        with pytest.raises(ValueError, match=r"."):
            encode(columns, types)


def test_a_reading_that_does_not_fit_is_read_once_more_here(client: Client, project: str) -> None:
    store = Store(client, project)
    records = [record(otlp.llm_span(), project=project)]
    reading = read_into_columns(records, PRICES, client.column_types("spans"))
    assert reading is not None
    for odd in (replace(reading, newest={}), replace(reading, costs={"table": [5]})):
        (part,) = prepare(store.settler, records, odd).parts
        assert (part.rows.encoded, len(part.rows.spans)) == (None, 1)


def test_what_cannot_be_read_is_left_to_the_collector_to_find(ahead: ReadAhead) -> None:
    broken = Record(time.time_ns(), Signal.TRACES, 1, "default", b"\x0a\xff")
    assert begun(ahead, broken).result() is None
    assert begun(ahead, record(otlp.llm_span())).result() is not None
