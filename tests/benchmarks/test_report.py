"""BENCHMARKS.md says what the results say, also where a target was missed."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

REPORT = Path(__file__).with_name("report.py")

FIGURES = {
    "acknowledged_per_s": 15000.0,
    "queryable_per_s": 14000.0,
    "ratio_to_bare": 0.467,
    "bare_rows_per_s": 30000,
    "lost_spans": 0,
    "refused_spans": 0,
    "request_p50_ms": 4.04,
    "request_p99_ms": 20.0,
    "retries": 0,
    "visible_p50_s": 0.5,
    "visible_p99_s": 0.9,
    "visible_max_s": 1.2,
    "probes": 60,
    "probes_unseen": 0,
    "end_lag_s": 0.8,
    "peak_rss_mb": 900.0,
    "idle_rss_mb": 460.0,
    "server_cpu_us": 90.5,
    "server_cores": 1.27,
    "bare_cpu_us": 30.2,
    "client_cpu_us": 2.0,
    "wire_bytes": 1384.0,
    "store_bytes": 460,
    "disk_bytes": 530.0,
    "acknowledged_spans": 900000,
    "prepared_spans": 1800000,
    "send_s": 60.0,
}


class Results:
    """A folder of results, and the document that comes of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, scenario: str, figures: Mapping[str, float | None], seconds: int = 60) -> None:
        result = {
            "scenario": scenario,
            "date": "2026-11-24",
            "commit": "0123456789ab",
            "seconds": seconds,
            "machine": {"cores": 2, "cpu": "A CPU", "memory_gib": 24, "system": "Linux 6.1", "python": "3.11.2"},
            "libraries": {"chdb-core": "26.9.0"},
            "figures": figures,
        }
        (self._folder / f"{scenario}.json").write_text(json.dumps(result), encoding="utf-8")

    def document(self) -> str:
        return _report("--print", str(self._folder)).stdout

    def row(self, label: str) -> list[str]:
        """The cells behind a label, of the only load."""
        line = next(line for line in self.document().splitlines() if line.startswith(f"| {label} |"))
        return [cell.strip() for cell in line.strip("|").split("|")][1:]


def _report(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, REPORT, *options], capture_output=True, text=True, check=False)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path)


def test_the_committed_document_is_made_of_the_committed_results() -> None:
    checked = _report("--check")
    assert checked.returncode == 0, checked.stderr


def test_a_load_that_meets_its_targets_says_so(results: Results) -> None:
    results.add("batches_of_100", FIGURES)
    text = results.document()
    assert "| [batches_of_100](#batches_of_100) | 14,000 spans/s | 0.47 | 0.90 s | 7 of 7 met |" in text
    assert "missed**" not in text.partition("## batches_of_100")[2]
    assert results.row("acknowledged") == ["15,000 spans/s", ">= 12,000", "met"]
    assert results.row("request p50") == ["4.0 ms", "", ""]


def test_a_missed_target_is_marked_in_the_summary_and_in_its_row(results: Results) -> None:
    results.add("batches_of_100", FIGURES | {"lost_spans": 3})
    assert "6 of 7 met; **missed**: acknowledged and not queryable |" in results.document()
    assert results.row("acknowledged and not queryable") == ["3 spans", "<= 0", "**missed**"]


def test_a_figure_that_could_not_be_measured_misses_its_target(results: Results) -> None:
    results.add("batches_of_100", FIGURES | {"queryable_per_s": None})
    assert results.row("queryable") == ["none", ">= 12,000", "**missed**"]


def test_an_offered_rate_has_bounds_of_its_own(results: Results) -> None:
    results.add("offered_12000", FIGURES | {"acknowledged_per_s": 11950.0, "visible_p99_s": 2.5})
    assert results.row("acknowledged") == ["11,950 spans/s", ">= 11,900", "met"]
    assert results.row("lag under load, p99") == ["2.50 s", "<= 2", "**missed**"]


def test_a_load_says_how_to_make_it_again_and_where_it_ran(results: Results) -> None:
    results.add("batches_of_500", FIGURES)
    assert (
        "`python tests/benchmarks/run.py --only batches_of_500` on 2026-11-24, commit 0123456789ab; "
        "2 cores (A CPU), 24 GiB, Linux 6.1, Python 3.11.2; chdb-core 26.9.0." in results.document()
    )


def test_a_short_run_is_called_one(results: Results) -> None:
    results.add("batches_of_500", FIGURES, seconds=5)
    text = results.document()
    assert "for 5 s. **A short run**: the full one is 60 s." in text
    assert "--only batches_of_500 --seconds 5`" in text


def test_a_load_that_ran_out_of_bodies_is_called_one(results: Results) -> None:
    results.add("batches_of_500", FIGURES | {"prepared_spans": FIGURES["acknowledged_spans"]})
    assert "**All bodies were sent before the time was over.**" in results.document()


def test_what_has_no_result_is_named(results: Results) -> None:
    figures = {"spans_100": 300000, "spans_per_s_100": 532389.0, "cpu_us_100": 1.2}
    figures |= {"spans_500": 500000, "spans_per_s_500": 509442.0, "cpu_us_500": 0.64}
    results.add("generator", figures)
    text = results.document()
    assert "| 100 | 300,000 | 532,389 | 1.20 μs/span |" in text
    assert "Not measured yet: batches_of_100, batches_of_500, offered_12000, alert_rules, sdk_overhead." in text


RULE = {
    "interval_s": 60,
    "window_s": 21_600,
    "engine_ms": 40.0,
    "cpu_ms": 61.0,
    "samples": 0,
    "bad": 0,
    "is_shared": False,
}
RULES_FIGURES = {
    "spans": 10_000_000,
    "scores": 1_600_000,
    "budgets": 20,
    "rolled_hours": 720,
    "days": 30,
    "rounds": 3,
    "engine_s_per_minute": 1.5,
    "cpu_s_per_minute": 2.25,
    "rules": {
        "often": RULE,
        "seldom": RULE | {"interval_s": 300, "engine_ms": 500.0, "window_s": 900},
        "same": RULE | {"is_shared": True},
    },
}


def test_what_alert_rules_cost_a_minute_stands_dearest_first(results: Results) -> None:
    results.add("alert_rules", RULES_FIGURES)
    text = results.document()
    assert "one\nproject with 10,000,000 spans of 30 days, 1,600,000 scores, 20 budgets" in text
    assert "| engine, all 3 rules | 1.50 s a minute | <= 2 | met |" in text
    rows = "| seldom | 15 min | 300 s | 500 ms | 61 ms | 100 ms |\n| often | 6 h | 60 s | 40 ms | 61 ms | 40 ms |\n"
    rows += "| same | 6 h | 60 s | 40 ms | 61 ms | 0 ms |\n"
    assert rows in text
    assert "`python tests/benchmarks/run.py --only alert_rules` on 2026-11-24" in text


def test_alert_rules_that_cost_too_much_are_marked(results: Results) -> None:
    results.add("alert_rules", RULES_FIGURES | {"engine_s_per_minute": 2.01})
    assert "| engine, all 3 rules | 2.01 s a minute | <= 2 | **missed** |" in results.document()


def test_what_the_sdk_adds_stands_beside_others_with_how_far_the_rounds_lie_apart(tmp_path: Path) -> None:
    figures = {
        f"{kind}_added_{what}_us": 100.4 for kind in ("plain", "stream") for what in ("p20", "caller_cpu", "cpu")
    }
    ranges = {"plain_p20_range_us": [90.2, 120.7], "stream_p20_range_us": [95.0, 101.0]}
    sizes = {"init_ms": 210.0, "rss_added_mb": 12.34, "deps_added": 13.0, "size_added_mb": 12.0, "spans_per_call": 1.0}
    row = figures | ranges | sizes | {"versions": {"openai": "2.54.0", "telltale-llm": "0.1.0"}}
    origin = {"date": "2026-11-24", "commit": "0123456789ab", "rounds": 3, "calls": 1000, "streams": 300}
    machine = {"cores": 2, "cpu": "A CPU", "memory_gib": 24, "system": "Linux 6.1", "python": "3.11.2"}
    told = origin | {"machine": machine, "rows": {"telltale": row}}
    (tmp_path / "sdk_overhead.json").write_text(json.dumps(told), encoding="utf-8")
    text = Results(tmp_path).document()
    assert (
        "| **Telltale** | 100 μs (90 to 121) | 100 μs (95 to 101) | 100 μs | 100 μs | 100 μs | 100 μs "
        "| 210 ms | 12.3 MB | 13 | 1 |" in text
    )
    assert "`make bench-sdk` (3 rounds of 1,000 calls and 300 streams) on 2026-11-24, commit 0123456789ab;" in text
    assert "openai 2.54.0, telltale-llm 0.1.0." in text
