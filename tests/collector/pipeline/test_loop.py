"""The two threads between the write-ahead log and the store."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import otlp
import pytest
from embedded_store import Store

from telltale_collector.model import TraceFilter
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.loop import SettleLoop
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


def append(wal: Wal, store: Store, *spans: dict) -> None:
    body = otlp.traces_body(*spans)
    wal.append(Record(time.time_ns(), Signal.TRACES, len(spans), store.project, body)).result(LIMIT_S)


def loop_of(wal: Wal, store: Store, writer: Writer, client: Client) -> SettleLoop:
    ledger = Ledger(LedgerTable(client, wal.id))
    return SettleLoop(wal, store.settler, writer, ledger, Telemetry(), Settings(batch_spans=1, linger_ms=1))


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
