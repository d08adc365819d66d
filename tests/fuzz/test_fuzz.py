"""Some thousand made-up inputs for every target, each time the same; ``make fuzz`` tries more, and others.

``TELLTALE_FUZZ_RUNS`` sets how many, ``TELLTALE_SEED`` which ones; with the folder ``TELLTALE_FUZZ_STATE`` a long run
goes on where an earlier one ended.
"""

import os
import random
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import fuzz_engines
import fuzz_target
import pytest
from figures import FigureRecorder
from fuzz_target import Target
from mutators import BytesForm

RUN = Path(__file__).parent / "run.py"
RUNS = os.environ.get("TELLTALE_FUZZ_RUNS", "20000")
SEED = os.environ.get("TELLTALE_SEED", "1")
STATE = os.environ.get("TELLTALE_FUZZ_STATE")


def run(name: str, *options: str | Path) -> str:
    """What a run says that found nothing."""
    command = [sys.executable, str(RUN), name, "--seed", SEED, *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", fuzz_target.names())
def test_made_up_inputs_give_a_result_or_a_declared_error(
    name: str, tmp_path: Path, record_figure: FigureRecorder
) -> None:
    said = run(name, "--runs", RUNS, "--state", STATE or tmp_path / "state", "--findings", tmp_path)
    tried, rate = map(int, re.findall(r": (\d+) inputs.*, (\d+)/s, held", said)[0])
    assert tried >= int(RUNS)
    record_figure(f"{name}: inputs without a crash, an undeclared error or a second's wait", tried, f">= {RUNS}")
    record_figure(f"{name}: inputs tried", rate, "", "/s")


@pytest.mark.parametrize("name", fuzz_target.names())
def test_every_saved_input_is_fine_and_can_be_changed(name: str) -> None:
    target, chance = fuzz_target.load(name), random.Random(int(SEED))
    inputs = fuzz_target.corpus(name)
    assert len(inputs) >= 10
    for data in inputs:
        assert len(data) <= target.longest
        target.check(data)
    changed = [target.form(data, inputs[0]).change(chance.random) for data in inputs for _ in range(10)]
    assert len(set(changed) - set(inputs)) > len(changed) // 2


@pytest.mark.parametrize("name", fuzz_target.names())
def test_the_same_seed_makes_the_same_inputs_and_most_are_small(name: str) -> None:
    target, saved = fuzz_target.load(name), fuzz_target.corpus(name)
    first, again = (
        list(islice(fuzz_engines.made_up(target, saved, random.Random(int(SEED)).random), 2000)) for _ in range(2)
    )
    assert first == again
    assert len(set(first)) > 500
    assert sorted(map(len, first))[len(first) // 2] <= target.small * 1.5


def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state", "--findings", tmp_path)
    assert "wal_reader: 300 inputs, " in run("wal_reader", "--runs", "300", *state)
    assert "wal_reader: 400 inputs (300 of them in earlier runs), " in run("wal_reader", "--runs", "400", *state)
    assert "wal_reader: 400 inputs (400 of them in earlier runs), " in run("wal_reader", "--runs", "400", *state)


def test_the_targets_are_these() -> None:
    assert fuzz_target.names() == [
        "api_parameters",
        "content_encoding",
        "dialects",
        "grpc_export",
        "masking",
        "otlp_logs_json",
        "otlp_logs_protobuf",
        "otlp_metrics_protobuf",
        "otlp_traces_json",
        "otlp_traces_protobuf",
        "wal_reader",
    ]


def test_what_a_target_raises_is_a_finding_whose_input_is_kept(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        raise KeyError(data)

    with pytest.raises(KeyError):
        fuzz_engines.try_inputs(Target(check, BytesForm), "broken", iter([b"the input"]), tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"the input"


def test_slowness_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_engines, "SLOWEST_S", 0.0)
    with pytest.raises(AssertionError, match="took longer"):
        fuzz_engines.try_inputs(Target(lambda _: None, BytesForm), "slow", iter([b""]), tmp_path)
