"""The processes of a measurement: each does one thing and prints one JSON object as its last line."""

import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bare import MOST_ROWS
from scenarios import SENDERS, Load

HERE = Path(__file__).parent
ADAPTER = HERE / "adapters" / "probed.py"
WARM_UP_SPANS = 60
"""What load_otlp.py sends before its clock starts: 12 requests of 5 spans."""

BARE_RUNS = 3
"""The best counts: what disturbs a run only makes it slower."""

Outcome = dict[str, Any]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run_load(load: Load, seconds: int, port: int, folder: Path) -> Outcome:
    """``load_otlp.py load`` against a collector of its own in ``folder``; ended when it returns."""
    data = folder / "data"
    collector = [sys.executable, "-m", "telltale._cli", "up", "--port", str(port), "--data-dir", str(data)]
    log = folder / "collector.log"
    given = {
        "--server-cmd": shlex.join(collector),
        "--server-log": str(log),
        "--health-url": f"http://127.0.0.1:{port}/readyz",
        "--adapter": str(ADAPTER),
        "--data-dir": str(data),
        "--warmup": str(WARM_UP_SPANS // 5),
        "--settle": "60",
        "--max-wait": "3600",
        **_traffic(load, seconds, port),
    }
    return _last_line([HERE / "load_otlp.py", "load", "--no-queries"], given, log)


def run_generator(load: Load, seconds: int) -> Outcome:
    """The same traffic into a server that reads the bytes and answers 200: what the generator alone can do."""
    port = free_port()
    sink = [sys.executable, str(HERE / "load_otlp.py"), "sink", "--url", _url(port), "--duration", "3600"]
    with subprocess.Popen(sink, stdout=subprocess.DEVNULL) as server:
        try:
            return _last_line([HERE / "load_otlp.py", "load", "--warmup", "0"], _traffic(load, seconds, port))
        finally:
            server.terminate()


def run_bare(folder: Path) -> tuple[Outcome, Outcome]:
    """The sizes of the store in ``folder``, and the best run of the bare engine with its rows.

    Raises:
        SystemExit: the bare engine does not hold what was copied.
    """
    blocks = folder / "blocks"
    blocks.mkdir()
    sizes = _last_line([HERE / "bare.py", "copy", folder / "data" / "clickhouse", blocks])
    expected = min(sizes["stored_rows"], MOST_ROWS)
    runs = []
    for number in range(BARE_RUNS):
        fresh = folder / f"fresh-{number}"
        fresh.mkdir()
        runs.append(_last_line([HERE / "bare.py", "insert", blocks, fresh / "clickhouse"]))
        if runs[-1]["rows"] != expected:
            raise SystemExit(f"the bare engine holds {runs[-1]['rows']} rows of {expected}: its rate means nothing")
    return sizes, min(runs, key=lambda run: run["seconds"])


def run_alert_rules() -> Outcome:
    """Every alert rule over a month of traffic, which takes some minutes to make up."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        store = Path(folder) / "clickhouse"
        _last_line([HERE / "alert_rules.py", "fill", store])
        return _last_line([HERE / "alert_rules.py", "evaluate", store])


def _traffic(load: Load, seconds: int, port: int) -> dict[str, str]:
    return {
        "--url": _url(port),
        "--senders": str(SENDERS),
        "--batch": str(load.batch),
        "--rate": str(load.rate),
        "--duration": str(seconds),
        "--max-spans": str(load.bodies(seconds)),
    }


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1/traces"


def _last_line(command: list[Any], options: Mapping[str, str] | None = None, log: Path | None = None) -> Outcome:
    words = [sys.executable, *map(str, command)]
    for option, value in (options or {}).items():
        words += [option, value]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELLTALE_", "OTEL_"))}
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, env=kept)
    if done.returncode:
        said = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
        raise SystemExit(f"{shlex.join(words)} ended with {done.returncode}\n{said}")
    outcome: Outcome = json.loads(done.stdout.splitlines()[-1])
    return outcome
