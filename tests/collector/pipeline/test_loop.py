"""The three threads between the write-ahead log and the store."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import otlp
import pytest
from embedded_store import PRICES, Store
from prometheus_client import generate_latest

from telltale_collector.model import TraceFilter
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.loop import SettleLoop
from telltale_collector.pipeline.read_ahead import Pending, ReadAhead
from telltale_collector.settings import Settings
from telltale_collector.store import writer as module
from telltale_collector.store.client import Client
from telltale_collector.store.ledger import LedgerTable
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Record, Signal, Wal

LIMIT_S = 30.0


class HeldWriter(Writer):
    """Writes nothing before it is let."""

    may_write = threading.Event()

    def write(self, rows: Rows, token: str) -> None:
        assert self.may_write.wait(LIMIT_S)
        super().write(rows, token)


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


@pytest.fixture
def wal(tmp_path: Path) -> Iterator[Wal]:
    log = Wal(tmp_path / "wal")
    yield log
    log.close()


@pytest.fixture
def poison(client: Client, project: str) -> Iterator[str]:
    """The name of spans that the engine itself refuses."""
    name = f"poison-{project}"
    client.command(f"ALTER TABLE spans ADD CONSTRAINT `no-{name}` CHECK name != '{name}'")
    yield name
    client.command(f"ALTER TABLE spans DROP CONSTRAINT `no-{name}`")


@pytest.fixture
def read_ahead(client: Client, store: Store) -> Iterator[ReadAhead]:
    """The store's settler has every batch read by another process, which is there."""
    store.settler.ahead = ReadAhead(PRICES, lambda: client.column_types("spans"), fewest=1)
    span = otlp.span("to begin with")
    records = [Record(1, Signal.TRACES, 1, store.project, otlp.traces_body(span))]
    found: list[Pending] = []
    wait_until(lambda: found.append(store.settler.ahead.begin(records)) or found[-1] is not None, "a process to read")
    assert found[-1].result() is not None
    yield store.settler.ahead
    store.settler.ahead.stop()


def append(wal: Wal, store: Store, *spans: dict) -> None:
    body = otlp.traces_body(*spans)
    wal.append(Record(time.time_ns(), Signal.TRACES, len(spans), store.project, body)).result(LIMIT_S)


def loop_of(wal: Wal, store: Store, writer: Writer, client: Client, telemetry: Telemetry | None = None) -> SettleLoop:
    ledger = Ledger(LedgerTable(client, wal.id))
    settings = Settings(batch_spans=1, linger_ms=1)
    return SettleLoop(wal, store.settler, writer, ledger, telemetry or Telemetry(), settings)


def children() -> list[tuple[int, bytes]]:
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [(int(pid), Path(f"/proc/{pid}/cmdline").read_bytes()) for pid in pids]


def wait_until(true, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < deadline, f"waited {LIMIT_S} s for {what}"
        time.sleep(0.01)


def test_a_call_does_not_give_way_to_one_that_the_store_then_refuses(
    client: Client, store: Store, wal: Wal, poison: str
) -> None:
    """The wrapper is settled while the call inside it is on its way into the store, and is refused there."""
    wrapper = otlp.llm_span()
    inner = {**otlp.llm_span(trace_id=wrapper["trace_id"], parent=wrapper["span_id"]), "name": poison}
    append(wal, store, inner)
    append(wal, store, wrapper)
    writer = HeldWriter(client, store.rolled)
    writer.may_write.clear()
    loop = loop_of(wal, store, writer, client)
    loop.start()
    wait_until(lambda: len(store.settler.view._batches) == 2, "both batches to be settled")
    writer.may_write.set()
    wait_until(lambda: wal.pending_items == 0, "both batches to be stored")
    loop.stop()
    (kept,) = store.reader.trace(store.project, wrapper["trace_id"]).spans
    assert (kept.span_id, kept.duplicate_of) == (wrapper["span_id"], None)
    assert kept.cost_usd is not None


def test_a_fault_of_our_own_in_one_span_sets_it_aside_and_stops_nothing(
    client: Client, store: Store, wal: Wal, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = module.span_columns

    def faulty(spans):
        if any(span.raw.name == "faulty" for span in spans):
            raise TypeError("no column for this")
        return columns(spans)

    monkeypatch.setattr(module, "span_columns", faulty)
    append(wal, store, otlp.span("faulty"))
    append(wal, store, otlp.span("good"))
    loop = loop_of(wal, store, store.writer, client)
    loop.start()
    wait_until(lambda: wal.pending_items == 0, "both batches to be carried")
    assert loop.alive
    loop.stop()
    spans, _ = store.reader.spans(store.project, TraceFilter(), ["name"], limit=10)
    assert [span["name"] for span in spans] == ["good"]
    (letter,) = client.query("SELECT reason FROM dead_letters WHERE project = {p:String}", {"p": store.project}, {})
    assert letter["reason"] == "TypeError: no column for this"


@pytest.mark.usefixtures("read_ahead")
def test_of_what_another_process_read_one_row_is_refused_and_the_others_are_stored(
    client: Client, store: Store, wal: Wal, poison: str
) -> None:
    append(wal, store, *(otlp.span(f"good {number}") for number in range(5)), otlp.span(poison), otlp.span("good 5"))
    append(wal, store, otlp.span("good 6"))
    loop = loop_of(wal, store, store.writer, client)
    loop.start()
    wait_until(lambda: wal.pending_items == 0, "both batches to be carried")
    loop.stop()
    spans, _ = store.reader.spans(store.project, TraceFilter(), ["name"], limit=10)
    assert sorted(span["name"] for span in spans) == [f"good {number}" for number in range(7)]
    letters = client.query("SELECT reason FROM dead_letters WHERE project = {p:String}", {"p": store.project}, {})
    assert len(letters) == 1


@pytest.mark.usefixtures("read_ahead")
def test_what_another_process_read_is_counted_once_by_what_it_cost(client: Client, store: Store, wal: Wal) -> None:
    outer = otlp.llm_span()
    inner = otlp.llm_span(trace_id=outer["trace_id"], parent=outer["span_id"])
    append(wal, store, outer, inner, otlp.span("no call"))
    telemetry = Telemetry()
    loop = loop_of(wal, store, store.writer, client, telemetry)
    loop.start()
    wait_until(lambda: wal.pending_items == 0, "the batch to be stored")
    loop.stop()
    text = generate_latest(telemetry.registry).decode()
    assert 'telltale_stored_items_total{table="spans"} 3.0' in text
    assert 'telltale_calls_total{cost_source="table"} 1.0' in text


@pytest.mark.usefixtures("read_ahead")
def test_a_stored_call_is_told_its_session_by_a_root_that_another_process_read(
    client: Client, store: Store, wal: Wal
) -> None:
    root = otlp.span("root", attributes={"session.id": "s-1"})
    call = otlp.llm_span(trace_id=root["trace_id"], parent=root["span_id"])
    append(wal, store, call)
    append(wal, store, root)
    loop = loop_of(wal, store, store.writer, client)
    loop.start()
    wait_until(lambda: wal.pending_items == 0, "both batches to be stored")
    loop.stop()
    found = {span.span_id: span for span in store.reader.trace(store.project, root["trace_id"]).spans}
    assert found[call["span_id"]].session_id == "s-1"


def test_a_stop_does_not_wait_for_a_process_that_reads(
    client: Client, store: Store, wal: Wal, read_ahead: ReadAhead
) -> None:
    for pid, command in children():
        if b"reading_process" in command:
            os.kill(pid, signal.SIGSTOP)
    loop = loop_of(wal, store, store.writer, client)
    loop.start()
    for number in range(4):
        append(wal, store, otlp.span(f"span {number}"))
    wait_until(lambda: read_ahead._others and read_ahead._others[0].pending > 0, "a batch to be with it")
    loop.stop()
    assert not loop.alive
    assert wal.pending_items == 4
