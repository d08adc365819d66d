"""What alert rules cost is measured on traffic that they have something to say of."""

import json
import subprocess
import sys
from pathlib import Path

from telltale_dashboards.alerts import groups

SCRIPT = Path(__file__).with_name("alert_rules.py")


def run(*words: object) -> dict:
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_rule_is_evaluated_over_spans_and_roll_ups_with_budgets(tmp_path: Path) -> None:
    run("fill", tmp_path / "store", 40_000, 1)
    told = run("evaluate", tmp_path / "store")
    assert told["spans"] == 40_000
    assert told["budgets"] == 20
    assert told["rolled_hours"] in (23, 24)  # the last hour, or two, are not over
    assert told["scores"] > 1_000
    rules = told["rules"]
    assert set(rules) == {rule.uid for group in groups() for rule in group.rules}
    for uid in ("budget-80", "cost-burn-1d", "latency-burn-6h", "eval-score-drop", "ingest-lag"):
        assert rules[uid]["samples"] > 0, uid
    assert not any(rule["bad"] for uid, rule in rules.items() if not uid.startswith("budget"))
    a_minute = sum(rule["engine_ms"] * 60 / rule["interval_s"] for rule in rules.values() if not rule["is_shared"])
    assert {uid for uid, rule in rules.items() if rule["is_shared"]} == {"budget-80", "budget-100"}
    assert abs(told["engine_s_per_minute"] * 1000 - a_minute) < 1
