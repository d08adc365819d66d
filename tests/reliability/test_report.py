"""RELIABILITY.md says what the saved results say, also where a figure was missed."""

import subprocess
import sys
from pathlib import Path

import pytest
from figures import FigureRecorder, is_reached, read_figures

HERE = Path(__file__).parent


def test_the_committed_document_is_made_of_the_committed_results() -> None:
    checked = subprocess.run(
        [sys.executable, HERE / "report.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("value", "target", "reached"),
    [
        (0, "0", True),
        (1, "0", False),
        (4.2, "<= 5", True),
        (5.1, "<= 5", False),
        (9999, ">= 9999", True),
        (9998, ">= 9999", False),
        ("200 of 200", "200 of 200", True),
        ("199 of 200", "200 of 200", False),
        ("anything", "", True),
    ],
)
def test_a_figure_is_reached_or_missed(value: float | str, target: str, reached: bool) -> None:
    assert is_reached(value, target) is reached


def test_recorded_figures_are_read_back_the_last_of_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_FIGURES", str(tmp_path / "figures"))
    record = FigureRecorder()
    record("spans lost", 1, "0")
    record("spans lost", 0, "0")
    record("exit", 4, "<= 5", "s")
    assert read_figures(tmp_path / "figures") == [
        {"name": "spans lost", "value": 0, "target": "0", "unit": "", "reached": True},
        {"name": "exit", "value": 4, "target": "<= 5", "unit": "s", "reached": True},
    ]
