from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

API = Path(__file__).with_name("api.py")
ROOT = API.parents[2]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )


def test_user_code_passes_mypy_strict() -> None:
    result = _run("mypy", "--strict", "--warn-unused-ignores", str(API))
    assert result.returncode == 0, result.stdout + result.stderr


def test_user_code_passes_pyright_strict() -> None:
    result = _run("basedpyright", "--pythonpath", sys.executable)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("wrong", ["telltale.span(7)", "telltale.init(spool=3.5)", "x: int = telltale.score('a', 1)"])
def test_pyright_sees_what_is_wrong(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "wrong.py").write_text(f"import telltale\n{wrong}\n")
    result = _run("basedpyright", "--pythonpath", sys.executable, str(tmp_path / "wrong.py"))
    assert result.returncode == 1
    assert "wrong.py:2" in result.stdout
