"""A background thread that does one thing again and again, and at once when asked."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY

from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker:
    """Runs ``work`` every so often.

    Args:
        name: of the thread.
        work: is told whether somebody waits for it.
        every_s: how often.
    """

    def __init__(self, name: str, work: Callable[[bool], None], every_s: float) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self.reset()

    def reset(self) -> None:
        """No thread, nobody waiting: for a forked child, where the thread does not exist."""
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._turns: list[threading.Event] = []
        self._is_closing = False

    @property
    def is_started(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        with safely("start a background thread"), self._lock:
            if self._thread is None and not self._is_closing:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def wake(self) -> None:
        self._wake.set()

    def ask(self, timeout_s: float) -> None:
        """Have it run once more, from here on, and wait for the end of that. Without a thread it runs here."""
        if self._thread is None or not self._thread.is_alive() or sys.is_finalizing():
            with safely("export"):
                self._work(True)  # noqa: FBT003 - asked
            return
        if self._thread is threading.current_thread():
            return
        turn = threading.Event()
        with self._lock:
            self._turns.append(turn)
        self._wake.set()
        turn.wait(max(0.0, timeout_s))

    def stop(self, deadline: float) -> None:
        """End the thread. One that still runs Python while the interpreter goes down can take the process with it."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        # Whoever instruments urllib must not see the exporter, or each export would beget another.
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, value=True))
        while not self._is_closing:
            self._wake.wait(self._every_s)
            self._wake.clear()
            with self._lock:
                turns, self._turns = self._turns, []
            with safely("export"):
                self._work(bool(turns))
            for turn in turns:
                turn.set()
