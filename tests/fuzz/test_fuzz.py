"""Some thousand made-up inputs for every target, each time the same; ``make fuzz`` tries more, and others.

``TELLTALE_FUZZ_RUNS`` sets how many, ``TELLTALE_SEED`` which ones.
"""

import os
import random
import subprocess
import sys
from pathlib import Path

import fuzz_engines
import fuzz_target
import pytest
from figures import FigureRecorder
from fuzz_target import Target

RUN = Path(__file__).parent / "run.py"
RUNS = os.environ.get("TELLTALE_FUZZ_RUNS", "20000")
SEED = os.environ.get("TELLTALE_SEED", "1")


@pytest.mark.parametrize("name", fuzz_target.names())
def test_made_up_inputs_give_a_result_or_a_declared_error(
    name: str, tmp_path: Path, record_figure: FigureRecorder
) -> None:
    command = [sys.executable, str(RUN), name, "--runs", RUNS, "--seed", SEED, "--findings", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: {RUNS} inputs" in done.stdout
    record_figure(f"{name}: inputs without a crash, an undeclared error or a second's wait", int(RUNS), f">= {RUNS}")


@pytest.mark.parametrize("name", fuzz_target.names())
def test_every_saved_input_is_fine_and_can_be_changed(name: str) -> None:
    target, chance = fuzz_target.load(name), random.Random(int(SEED))
    inputs = fuzz_target.corpus(name)
    assert len(inputs) >= 10
    for data in inputs:
        assert len(data) <= target.longest
        target.check(data)
    assert sum(target.mutate(data, chance) != data for data in inputs) > len(inputs) // 2


def test_the_targets_are_these() -> None:
    assert fuzz_target.names() == [
        "content_encoding",
        "dialects",
        "grpc_export",
        "masking",
        "otlp_logs_json",
        "otlp_logs_protobuf",
        "otlp_traces_json",
        "otlp_traces_protobuf",
        "wal_reader",
    ]


def test_what_a_target_raises_is_a_finding_whose_input_is_kept(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        raise KeyError(data)

    with pytest.raises(KeyError):
        fuzz_engines.try_input(Target(check, lambda data, _: data), "broken", b"the input", tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"the input"


def test_slowness_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_engines, "SLOWEST_S", 0.0)
    with pytest.raises(AssertionError, match="took longer"):
        fuzz_engines.try_input(Target(lambda _: None, lambda data, _: data), "slow", b"", tmp_path)
