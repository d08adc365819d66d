"""Measure, keep the results, and make BENCHMARKS.md of them.

    python tests/benchmarks/run.py                         everything, 60 s a load
    python tests/benchmarks/run.py --only offered_12000    one scenario; the others' results stay

Each scenario's result is ``results/<scenario>.json``. Data goes to the folder for temporary files (TMPDIR says which):
about 10 GB, removed afterwards. Bodies are built before the clock starts: up to 5 GB of memory and 4 minutes a load.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import report
from machine import commit, libraries, machine
from probe import Probe
from processes import WARM_UP_SPANS, Outcome, free_port, run_alert_rules, run_bare, run_generator, run_load
from scenarios import ALERT_RULES, FULL_SECONDS, GENERATOR, LOADS, NAMES, Load

Figures = dict[str, float | None]


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    for name in asked.only or NAMES:
        print(f"=== {name}", flush=True)
        figures = _figures(name, asked.seconds)
        _keep(asked.results, name, asked.seconds, figures)
        print(json.dumps(figures, indent=2), flush=True)
    if asked.results == report.RESULTS:
        report.write()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=FULL_SECONDS, help="length of each load")
    parser.add_argument("--only", choices=NAMES, action="append", help="this scenario; may be given more than once")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the results")
    return parser


def _figures(name: str, seconds: int) -> Mapping[str, Any]:
    if name == GENERATOR:
        return _generator_figures()
    return run_alert_rules() if name == ALERT_RULES else _load_figures(LOADS[name], seconds)


def _load_figures(load: Load, seconds: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as name:
        folder, port = Path(name), free_port()
        probe = Probe(f"http://127.0.0.1:{port}", seconds, WARM_UP_SPANS)
        probe.start()
        try:
            outcome = run_load(load, seconds, port, folder)
        finally:
            probe.stop()
        sizes, bare = run_bare(folder)
    figures = _of_load(outcome) | probe.seen.figures() | _of_bare(sizes, bare)
    queryable, bare_rate = figures["queryable_per_s"], figures["bare_rows_per_s"]
    figures["ratio_to_bare"] = round(queryable / bare_rate, 3) if queryable and bare_rate else None
    return figures


def _of_load(outcome: Outcome) -> Figures:
    acknowledged = max(1, outcome["acked_spans"])
    return {
        "acknowledged_per_s": outcome["acked_per_s"],
        "queryable_per_s": outcome["queryable_per_s"],
        "lost_spans": outcome["lost_spans"],
        "refused_spans": outcome["rejected_spans"] + outcome["unacked_spans"],
        "request_p50_ms": outcome["req_p50_ms"],
        "request_p99_ms": outcome["req_p99_ms"],
        "retries": outcome["retries"],
        "end_lag_s": outcome["lag_s"],
        "peak_rss_mb": outcome["rss_peak_mb"],
        "idle_rss_mb": outcome["idle_rss_mb"],
        "server_cpu_us": round(outcome["server_cpu_s"] / acknowledged * 1e6, 1),
        "server_cores": round(outcome["server_cpu_s"] / outcome["time_to_all_s"], 2)
        if outcome["time_to_all_s"]
        else None,
        "client_cpu_us": round(outcome["client_cpu_s"] / acknowledged * 1e6, 1),
        "wire_bytes": outcome["wire_bytes_per_span"],
        "disk_bytes": outcome["disk_bytes_per_span_stopped"],
        "acknowledged_spans": outcome["acked_spans"],
        "prepared_spans": outcome["prepared_spans"],
        "send_s": outcome["send_s"],
    }


def _of_bare(sizes: Outcome, bare: Outcome) -> Figures:
    return {
        "store_bytes": round(sizes["store_bytes"] / sizes["stored_rows"]),
        "bare_rows_per_s": round(bare["rows"] / bare["seconds"]),
        "bare_cpu_us": round(bare["cpu_s"] / bare["rows"] * 1e6, 1),
        "bare_rows": bare["rows"],
    }


def _generator_figures() -> Figures:
    figures: Figures = {}
    for load in (LOADS["batches_of_100"], LOADS["batches_of_500"]):
        outcome = run_generator(load, seconds=10)
        figures[f"spans_{load.batch}"] = outcome["acked_spans"]
        figures[f"spans_per_s_{load.batch}"] = outcome["acked_per_s"]
        figures[f"cpu_us_{load.batch}"] = round(outcome["client_cpu_s"] / outcome["acked_spans"] * 1e6, 2)
    return figures


def _keep(folder: Path, name: str, seconds: int, figures: Mapping[str, Any]) -> None:
    result = {
        "scenario": name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "seconds": seconds,
        "machine": machine(),
        "libraries": libraries(),
        "figures": figures,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
