"""A request that will be refused is not read first: under overload, refusing costs what storing needs."""

import asyncio
from pathlib import Path

from log_records import append, drain

from telltale_collector.pipeline import Intake, Ledger, OtlpSignal
from telltale_collector.pipeline.pace import Pace
from telltale_collector.receive.admission import Admission
from telltale_collector.receive.otlp_http import OtlpHttp
from telltale_collector.receive.reply import Answer
from telltale_collector.store.client import Client
from telltale_collector.store.ledger import LedgerTable
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Wal


def test_with_the_log_full_a_request_is_refused_unread(client: Client, tmp_path: Path) -> None:
    wal = Wal(tmp_path / "wal", budget_bytes=100)
    telemetry = Telemetry()
    intake = Intake(wal, telemetry, Ledger(LedgerTable(client, wal.id)), Pace(lambda: wal.pending_items, 0))
    receiver = OtlpHttp(intake, Admission(1 << 20), telemetry, 1 << 20)
    reads = 0

    async def receive() -> dict:
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"", "more_body": False}

    def ask() -> Answer:
        headers = [(b"content-type", b"application/x-protobuf")]
        scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1)}
        return asyncio.run(receiver.answer(OtlpSignal.TRACES, scope, receive))

    append(wal, 1, size=200)
    refused = ask()
    assert (refused.status, reads) == (503, 0)
    assert ("retry-after", "1") in [(name.lower(), value) for name, value in refused.headers]
    assert b'telltale_refusals_total{reason="disk"} 1.0' in telemetry.exposition()
    assert drain(wal) == [1]
    assert (ask().status, reads) == (200, 1)
    wal.close()
