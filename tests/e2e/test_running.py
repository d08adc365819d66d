"""What runs is seen while it runs, and seen to have stopped when its process is killed: real SDK, real collector."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
from ledger_balance import ledger_balances

if TYPE_CHECKING:
    from pathlib import Path

    from collector_process import CollectorProcess

APP = """
import sys, telltale
telltale.init()
with telltale.span("agent run", kind="agent") as span:
    span.set(input="a long task")
    print(span.trace_id, flush=True)
    sys.stdin.readline()
"""


def _started(tmp_path: Path, collector: CollectorProcess) -> tuple[subprocess.Popen[str], str]:
    given = {
        "TELLTALE_ENDPOINT": collector.url,
        "TELLTALE_HEARTBEAT_S": "0.3",
        "TELLTALE_SPOOL_DIR": str(tmp_path / "spool"),
    }
    app = subprocess.Popen(
        [sys.executable, "-c", APP],
        env=os.environ | given,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert app.stdout is not None
    return app, app.stdout.readline().strip()


def _summary(collector: CollectorProcess, trace_id: str) -> dict:
    found = [each for each in collector.get("/api/v1/traces", limit=1000)["traces"] if each["trace_id"] == trace_id]
    return found[0] if found else {}


def test_a_long_step_is_seen_before_its_end_and_its_end_replaces_what_was_seen(
    collector: CollectorProcess, tmp_path: Path
) -> None:
    app, trace_id = _started(tmp_path, collector)
    try:
        collector.wait_for(lambda: _summary(collector, trace_id), 20, "the running trace is listed")
        running = _summary(collector, trace_id)
        assert (running["open_spans"], running["name"], running["cost_usd"]) == (1, "agent run", None)
        page = httpx.get(f"{collector.url}/traces/{trace_id}").text
        assert "running for" in page
        assert "running for" in httpx.get(f"{collector.url}/traces").text
        app.communicate("done\n", timeout=30)
    finally:
        if app.poll() is None:
            os.killpg(app.pid, signal.SIGKILL)
    collector.wait_for(lambda: _summary(collector, trace_id)["open_spans"] == 0, 20, "the end has arrived")
    (span,) = collector.trace(trace_id)["spans"]
    assert span["is_open"] is False
    assert _summary(collector, trace_id)["last_sign"] is None


def test_what_a_killed_process_had_open_stays_open_and_falls_silent(
    own_collector: CollectorProcess, tmp_path: Path
) -> None:
    own_collector.start()
    app, trace_id = _started(tmp_path, own_collector)
    try:
        own_collector.wait_for(lambda: _summary(own_collector, trace_id), 20, "the running trace is listed")
    finally:
        os.killpg(app.pid, signal.SIGKILL)
        app.communicate(timeout=30)
    own_collector.settle()
    before = _summary(own_collector, trace_id)
    own_collector.kill()
    own_collector.start()
    after = _summary(own_collector, trace_id)
    assert (after["open_spans"], after["last_sign"]) == (1, before["last_sign"])
    ledger_balances(own_collector)
