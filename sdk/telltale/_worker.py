"""A background thread that does one thing again and again, and at once when asked."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY

from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker:
    """Runs ``work`` every so often.

    A signal handler may call any of it while it interrupts any of it on the same thread. So nothing here waits for a
    lock that an interrupted call could hold, as that of ``threading.Event`` would be.

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
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._turns: deque[threading.Lock] = deque()
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
        self._wakes.put(None)

    def ask(self, timeout_s: float) -> None:
        """Have it run once more, from here on, and wait for the end of that. Without a thread it runs here."""
        if self._thread is None or not self._thread.is_alive() or sys.is_finalizing():
            with safely("export"):
                self._work(True)  # noqa: FBT003 - asked
            return
        if self._thread is threading.current_thread():
            return
        turn = threading.Lock()
        turn.acquire()
        self._turns.append(turn)
        self.wake()
        turn.acquire(timeout=max(0.0, timeout_s))

    def stop(self, deadline: float) -> None:
        """End the thread. One that still runs Python while the interpreter goes down can take the process with it."""
        self._is_closing = True
        self.wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        # Whoever instruments urllib must not see the exporter, or each export would beget another.
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, value=True))
        while not self._is_closing:
            self._sleep()
            turns = [self._turns.popleft() for _ in range(len(self._turns))]
            with safely("export"):
                self._work(bool(turns))
            for turn in turns:
                turn.release()

    def _sleep(self) -> None:
        """Until it is time, or somebody calls; who calls again meanwhile is served with the first."""
        with suppress(queue.Empty):
            self._wakes.get(timeout=self._every_s)
            while True:
                self._wakes.get_nowait()
