from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_user_code_passes_mypy_strict() -> None:
    here = Path(__file__).parent
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", str(here / "api.py")],
        cwd=here.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
