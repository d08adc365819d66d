"""What the alert rules cost: every rule, as the collector evaluates it, over a month of traffic.

    python alert_rules.py fill STORE SPANS DAYS    a new store in the folder STORE
    python alert_rules.py evaluate STORE           every rule three times, at the end of what is stored

Each prints a JSON object. Hours that are over are rolled up as the collector does it. The median of a rule's times
counts; a group of 60 s is evaluated once a minute, one of 300 s every fifth. Rules of a group that share their
SQL ask once: the first one bears it.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alert_spans import PROJECT, SECOND, Month

from telltale_collector.alerts.evaluate import evaluate
from telltale_collector.alerts.evaluator import delay_s
from telltale_collector.store.client import Client
from telltale_collector.store.migrate import migrate
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import RolledHours
from telltale_dashboards.alerts import groups
from telltale_dashboards.rule import Group, Rule

SPANS = 10_000_000
DAYS = 30
ROUNDS = 3
_QUIET_S = 300
"""How long merges are waited for."""

_COUNTS = """
SELECT
    (SELECT count() FROM spans) AS spans,
    (SELECT count() FROM scores) AS scores,
    (SELECT count() FROM budgets) AS budgets,
    (SELECT count() FROM rolled_hours) AS rolled_hours,
    (SELECT count() FROM usage_minutes) AS rolled_rows,
    (SELECT dateDiff('day', min(start_time), max(start_time)) FROM spans) AS days,
    (SELECT toUnixTimestamp64Nano(max(start_time)) FROM spans) AS now_ns
"""


def fill(store: Path, spans: int = SPANS, days: int = DAYS) -> dict[str, float]:
    """Seconds that it took to write the spans, and to roll up their hours."""
    client = Client(f"chdb://{store}")
    migrate(client)
    began, now_ns = time.perf_counter(), time.time_ns()
    Month(client, spans, days, now_ns).fill()
    written = time.perf_counter()
    rolled = RolledHours(client)
    rolled.load()
    rolled.roll_due(now_ns)
    client.close()
    return {"fill_s": round(written - began, 1), "roll_s": round(time.perf_counter() - written, 1)}


def evaluated(store: Path) -> dict[str, Any]:
    """How long each rule takes, and all of them a minute; what they were evaluated on."""
    client = Client(f"chdb://{store}")
    _wait_for_merges(client)
    counts = client.query(_COUNTS, {}, {})[0]
    rules = _rules(Reader(client), counts.pop("now_ns"))
    client.close()
    a_minute = {f"{what}_s_per_minute": _per_minute(rules, f"{what}_ms") for what in ("engine", "cpu")}
    return counts | {"rounds": ROUNDS, "rules": rules} | a_minute


def _rules(reader: Reader, now_ns: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for group in groups():
        asked: set[tuple[str, int]] = set()
        for rule in group.rules:
            if rule.is_on:
                is_shared = (rule.sql, rule.window_s) in asked
                figures[rule.uid] = _figures(reader, group, rule, now_ns) | {"is_shared": is_shared}
                asked.add((rule.sql, rule.window_s))
    return figures


def _per_minute(rules: dict[str, Any], what: str) -> float:
    """Seconds a minute."""
    own = [rule for rule in rules.values() if not rule["is_shared"]]
    return round(sum(rule[what] * 60 / rule["interval_s"] for rule in own) / 1000, 3)


def _figures(reader: Reader, group: Group, rule: Rule, now_ns: int) -> dict[str, Any]:
    rounds, samples = [], []
    for _ in range(ROUNDS):
        began, cpu = time.perf_counter(), time.process_time()
        samples = evaluate(reader, rule, PROJECT, now_ns - delay_s(group) * SECOND)
        rounds.append((time.perf_counter() - began, time.process_time() - cpu))
    wall, cpus = zip(*rounds, strict=True)
    figures = {
        "interval_s": group.interval_s,
        "window_s": rule.window_s,
        "engine_ms": round(statistics.median(wall) * 1000, 1),
        "cpu_ms": round(statistics.median(cpus) * 1000, 1),
        "samples": len(samples),
        "bad": sum(rule.is_bad(sample.value) for sample in samples),
    }
    print(f"{rule.uid}: {figures}", file=sys.stderr, flush=True)
    return figures


def _wait_for_merges(client: Client) -> None:
    """A merge that runs beside a rule would be counted as the rule's."""
    end = time.monotonic() + _QUIET_S
    while client.query("SELECT count() AS running FROM system.merges", {}, {})[0]["running"]:
        if time.monotonic() > end:
            raise SystemExit(f"the engine still merges after {_QUIET_S} s")
        time.sleep(1)


def main(command: str, store: str, *counts: str) -> int:
    work: dict[str, Callable[..., dict[str, Any]]] = {"fill": fill, "evaluate": evaluated}
    print(json.dumps(work[command](Path(store), *map(int, counts))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
