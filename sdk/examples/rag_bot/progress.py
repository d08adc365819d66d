"""Progress of the questions: a bar in a terminal, a line a question elsewhere."""

from __future__ import annotations

import shutil
import sys

_BAR = 24


class Progress:
    """Shows how many of ``total`` are done, and what the latest said."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._is_terminal = sys.stdout.isatty()

    def step(self, line: str) -> None:
        """One more is done."""
        self._done += 1
        count = f"{self._done:>{len(str(self._total))}}/{self._total}"
        if not self._is_terminal:
            print(f"  {count}  {line}", flush=True)
            return
        filled = _BAR * self._done // self._total
        text = f"  [{'#' * filled}{'.' * (_BAR - filled)}] {count}  {line}"
        # The line is cleared and cut, so that the bar stays where it is.
        end = "\n" if self._done == self._total else ""
        print(f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}", end=end, flush=True)
