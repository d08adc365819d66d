"""Python imports this in a process whose PYTHONPATH has this folder: its wall clock is off by what a file says.

SHIFTED_CLOCK names the file: nanoseconds, read at each look at the clock, so that it can be set while the process runs.
"""

import os
import time
from pathlib import Path

if _path := os.environ.get("SHIFTED_CLOCK"):
    _file = Path(_path)
    _true_ns = time.time_ns

    def _time_ns() -> int:
        return _true_ns() + int(_file.read_text(encoding="ascii") or "0")

    def _time() -> float:
        return _time_ns() / 1e9

    time.time_ns = _time_ns
    time.time = _time
