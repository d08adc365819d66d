"""``telltale export``: everything out, exact, and honest about what is estimated or unknown."""

import csv
import io
import json
import subprocess
import sys

import otlp
import pytest
from collector_process import CollectorProcess


def export(collector: CollectorProcess, *options: str) -> str:
    command = [sys.executable, "-m", "telltale._cli", "export", *options, "--url", collector.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    collector = CollectorProcess(tmp_path_factory.mktemp("export") / "data").start()
    priced = otlp.llm_span("exported, with a comma\nand a line")
    unpriced = otlp.llm_span(attributes={"gen_ai.request.model": "mine", "gen_ai.response.model": "mine"})
    collector.send(otlp.traces_body(priced, unpriced, *(otlp.span() for _ in range(1200))))
    collector.client.post("/api/v1/scores", json={"name": "feedback", "value": 1, "trace_id": priced["trace_id"]})
    collector.settle()
    yield collector
    collector.stop()


def test_every_span_is_written_once(filled: CollectorProcess) -> None:
    lines = export(filled, "spans", "--fields", "span_id").splitlines()
    assert len(lines) == len(set(lines)) == 1202


def test_money_is_exact_and_names_its_source(filled: CollectorProcess) -> None:
    spans = [json.loads(line, parse_float=str) for line in export(filled, "spans", "--kind", "llm").splitlines()]
    found = {span["response_model"]: (span["cost_usd"], span["cost_source"], span["tokens_source"]) for span in spans}
    assert found == {
        "gpt-4o-mini-2024-07-18": ("0.00021", "table", "provider"),
        "mine": (None, "unpriced", "provider"),
    }


def test_csv_keeps_texts_whole_and_unknown_empty(filled: CollectorProcess) -> None:
    rows = list(csv.DictReader(io.StringIO(export(filled, "spans", "--kind", "llm", "--format", "csv"))))
    by_model = {row["response_model"]: row for row in rows}
    assert by_model["mine"]["cost_usd"] == ""
    assert by_model["gpt-4o-mini-2024-07-18"]["cost_usd"] == "0.00021"
    assert "exported, with a comma\nand a line" in {row["input_text"] for row in rows}


def test_scores_are_exported_too(filled: CollectorProcess) -> None:
    (score,) = [json.loads(line) for line in export(filled, "scores").splitlines()]
    assert (score["name"], score["value"]) == ("feedback", 1.0)


def test_a_field_that_spans_do_not_have_is_refused(filled: CollectorProcess) -> None:
    command = [sys.executable, "-m", "telltale._cli", "export", "spans", "--fields", "nope", "--url", filled.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a span has no field 'nope'" in done.stderr
