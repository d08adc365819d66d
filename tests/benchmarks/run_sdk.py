"""What the SDK adds to a call of the application, beside other SDKs, and BENCHMARKS.md of it.

    python tests/benchmarks/run_sdk.py                                    all rows, three rounds
    python tests/benchmarks/run_sdk.py --only none telltale --rounds 1    some; the others' figures stay

Environments are made in ``.telltale/peers`` (the variable PEERS says otherwise) on the first run: some 1.5 GB. A round
goes through all rows, so what else the machine does is not one row's alone; the document has the median of the rounds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import report
from machine import commit, machine
from peers import FOLDER, PEERS, prepare, versions

OVERHEAD = Path(__file__).with_name("sdk_overhead.py")
RESULT = report.RESULTS / "sdk_overhead.json"
Row = dict[str, Any]


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    names = asked.only or list(PEERS)
    (FOLDER / "logs").mkdir(parents=True, exist_ok=True)
    for name in {"none", *names}:
        prepare(name)
    rounds = [_round(names, asked.calls, asked.streams) for _ in range(asked.rounds)]
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if asked.only and RESULT.exists() else {}
    rows = kept | {name: _figures([each[name] for each in rounds]) | {"versions": versions(name)} for name in names}
    told = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "rounds": asked.rounds,
        "calls": asked.calls,
        "streams": asked.streams,
        "rows": {name: rows[name] for name in PEERS if name in rows},
    }
    RESULT.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    report.write()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(PEERS), nargs="*", help="these rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=1000, help="plain calls a round")
    parser.add_argument("--streams", type=int, default=300, help="streamed calls a round")
    return parser


def _round(names: list[str], calls: int, streams: int) -> dict[str, Row]:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        out = Path(folder) / "rows.jsonl"
        # Everybody's defaults, which for Telltale include its spool; but not in the user's cache.
        environ = os.environ | {"PEERS": str(FOLDER), "TELLTALE_SPOOL_DIR": folder, "TMPDIR": folder}
        counts = ["--calls", str(calls), "--streams", str(streams), "--inits", "3"]
        command = [sys.executable, str(OVERHEAD), "run", "--only", *names, *counts, "--out", str(out)]
        subprocess.run(command, env=environ, cwd=folder, check=True)
        rows = {row["sdk"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    for row in rows.values():
        if "error" in row:
            raise RuntimeError(f"{row['sdk']} was not measured: {row['error']} {row['stderr']}")
    return rows


def _figures(rounds: list[Row]) -> Row:
    """The medians of the rounds, and how far the two main figures lie apart."""
    figures: Row = {}
    for kind in ("plain", "stream"):
        for key in ("added_p20_us", "added_caller_cpu_us", "added_cpu_us"):
            figures[f"{kind}_{key}"] = _median([each[kind][key] for each in rounds])
        seen = [each[kind]["added_p20_us"] for each in rounds]
        figures[f"{kind}_p20_range_us"] = [min(seen), max(seen)]
    for key in ("init_ms", "rss_added_mb", "deps_added", "size_added_mb"):
        figures[key] = _median([each[key] for each in rounds])
    sent = sum(each["calls_sent"] for each in rounds)
    figures["spans_per_call"] = round(sum(each["spans_arrived"] for each in rounds) / sent, 3)
    return figures


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
