"""``telltale alerts``: what it prints, and how it ends."""

import json
import subprocess
import sys
import time
from pathlib import Path

import otlp
import pytest
from collector_process import CollectorProcess, free_port

from telltale_collector.commands.alerts import alerts
from telltale_dashboards.alerts import groups

MINUTE = 60 * 1_000_000_000
OWN = """
groups:
  - name: ours
    interval: 10s
    rules:
      - uid: many-plain-spans
        title: Many spans
        severity: info
        description: There are many.
        unit: short
        window: 1h
        threshold: 5
        sql: >
          {sql}
"""
COUNT = (
    "SELECT name AS step, toFloat64(count()) AS spans FROM spans WHERE project = {project:String} AND name = 'replayed'"
    " AND start_time < fromUnixTimestamp64Nano({to_time:Int64})"
    " AND start_time >= fromUnixTimestamp64Nano({from_time:Int64}) GROUP BY name"
)


@pytest.fixture
def own(tmp_path: Path):
    def write(sql: str) -> Path:
        path = tmp_path / "rules.yaml"
        path.write_text(OWN.format(sql=sql))
        return path

    return write


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it opens an engine of its own."""
    command = [sys.executable, "-c", "import sys; from telltale_collector.commands.alerts import alerts;"]
    command[-1] += "sys.exit(alerts(sys.argv[1:]))"
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)


def test_list_shows_every_rule_with_threshold_window_and_severity(capsys) -> None:
    assert alerts(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + sum(len(group.rules) for group in groups())
    (line,) = (line for line in lines if line.startswith("user-abuse"))
    assert line.split() == "user-abuse ticket above $5.00 1 h 0 s One user costs too much".split()


def test_list_knows_the_rules_and_changes_of_a_file(capsys, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("change:\n- {uid: user-abuse, threshold: 50, is_on: false}\n")
    assert alerts(["list", "--json", "--rules", str(path)]) == 0
    found = {rule["uid"]: rule for rule in json.loads(capsys.readouterr().out)}
    assert (found["user-abuse"]["threshold"], found["user-abuse"]["is_on"]) == (50, False)
    assert found["budget-50"]["interval_s"] == 300
    monkeypatch.setenv("TELLTALE_ALERT_RULES", str(path))
    assert alerts(["list"]) == 0
    assert "One user costs too much (off)" in capsys.readouterr().out


def test_list_says_what_is_wrong_with_a_file(capsys, tmp_path: Path) -> None:
    assert alerts(["list", "--rules", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml cannot be read" in capsys.readouterr().err


def test_check_runs_the_sql_of_a_good_file(own) -> None:
    found = run("check", str(own(COUNT)))
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.endswith("rules.yaml: 1 rule, all right\n")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (COUNT.replace("spans WHERE", "spams WHERE"), "Unknown table expression identifier"),
        (COUNT.replace("count()", "count() +"), "Syntax error"),
        (COUNT.replace("toFloat64(count()) AS spans", "'many' AS spans"), "its numbers are none"),
        (COUNT.replace("name AS step", "max(end_time) AS newest"), "no text: newest DateTime64(9, 'UTC')"),
        (COUNT.replace("AS step", "AS severity"), "every alert has a label 'severity' already"),
        (COUNT.replace("name AS step", "min(duration_ns) AS least"), "its numbers are least, spans"),
    ],
)
def test_check_says_what_is_wrong_with_a_rules_sql(own, sql: str, said: str) -> None:
    found = run("check", str(own(sql)))
    assert found.returncode == 1, found.stderr
    assert "rules.yaml: rule 'many-plain-spans': " in found.stderr
    assert said in found.stderr


def test_check_refuses_a_file_that_is_none(own) -> None:
    found = run("check", str(own("SELECT 1")))
    assert found.returncode == 2
    assert "rule 'many-plain-spans', field sql does not say {project:String}" in found.stderr


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory):
    """A collector with a rule of its own, and ten spans that this rule is about."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "rules.yaml").write_text(OWN.format(sql=COUNT))
    running = CollectorProcess(folder / "data", "--alert-rules", str(folder / "rules.yaml"))
    try:
        yield with_spans(running.start())
    finally:
        running.stop()


def with_spans(running: CollectorProcess) -> CollectorProcess:
    start = time.time_ns() - 90 * MINUTE
    spans = [otlp.span("replayed", start=start + at * MINUTE, end=start + at * MINUTE) for at in range(10)]
    assert running.send(otlp.traces_body(*spans)).status_code == 200
    running.settle()
    return running


def test_test_says_when_a_rule_would_have_fired(watched: CollectorProcess, capsys) -> None:
    options = ["--from", "now-2h", "--rule", "many-plain-spans", "--url", watched.url]
    assert alerts(["test", *options]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "many-plain-spans: would have fired 1 time, looked at every 10 s: Many spans"
    assert " to " in second
    assert second.endswith("step=replayed  peak 10, bad above 5")
    assert alerts(["test", "--json", *options]) == 0
    (found,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert [each["peak"] for each in found["fired"]] == [10]


def test_test_looks_at_every_rule_that_is_on(watched: CollectorProcess, capsys) -> None:
    assert alerts(["test", "--from", "now-10m", "--url", watched.url]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 1 + sum(len(group.rules) for group in groups())
    assert "agent-loop: would not have fired, looked at every 1 min" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rule", "no-such"], "there is no rule 'no-such'"),
        (["--from", "yesterday"], "not a time: 'yesterday'"),
        (["--from", "now", "--to", "now-1h"], "the range ends before it begins"),
    ],
)
def test_test_says_what_it_cannot_do(watched: CollectorProcess, capsys, options: list[str], said: str) -> None:
    assert alerts(["test", "--url", watched.url, *options]) == 2
    assert said in capsys.readouterr().err


def test_test_without_a_collector_says_how_to_start_one(capsys) -> None:
    assert alerts(["test", "--url", f"http://127.0.0.1:{free_port()}"]) == 2
    assert "telltale up" in capsys.readouterr().err
