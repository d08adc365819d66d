"""The ways in which a process ends, and what is done before each: finished spans are sent or kept, in two seconds.

- Its program is over, or raised: ``atexit``.
- SIGTERM, SIGHUP or SIGINT with their default action: a handler of ours, which then lets the signal do its work. Where
  the application has a handler, or sets one later, that one holds; it usually ends in ``atexit``.
- ``os._exit``: what waits is written to disk first. Nothing is sent there.
- The end of a child of multiprocessing or billiard (Celery), which leaves by ``os._exit`` after finalizers of its own.
- SIGKILL, a crash: nothing can be done, and the spool has all but the last moments.
"""

from __future__ import annotations

import _thread
import atexit
import functools
import itertools
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

EXIT_S: Final = 2.0
_KEEP_S: Final = 0.5
_SIGNALS: Final = ("SIGTERM", "SIGHUP", "SIGINT")
_MOMENT_S: Final = 0.005
_MOMENTS: Final = 40


def install(finish: Callable[[float], None], keep: Callable[[float], None], is_busy: Callable[[], bool]) -> None:
    """Be there when the process ends.

    Args:
        finish: sends or keeps what waits, within a number of seconds.
        keep: keeps it only.
        is_busy: whether a signal handler may have interrupted what ``finish`` would wait for.
    """
    atexit.register(_finished, finish)
    with safely("watch for signals"):
        _watch_signals(_Ending(finish, is_busy))
    with safely("watch for os._exit"):
        _watch_hard_exit(keep)


def finish_with_pools(finish: Callable[[float], None]) -> None:
    """In a child of a process pool: finish with its finalizers. Anywhere else this does nothing."""
    if (util := _of_a_child("multiprocessing")) is not None:
        util.Finalize(None, finish, args=(EXIT_S,), exitpriority=0)
    if (util := _of_a_child("billiard")) is not None:
        util.Finalize(None, finish, args=(EXIT_S,), exitpriority=0)


def _of_a_child(library: str) -> Any:
    """The library's ``util`` when this process is one of its children."""
    util, process = sys.modules.get(f"{library}.util"), sys.modules.get(f"{library}.process")
    if util is None or process is None:
        return None
    is_child = getattr(process.current_process(), "_parent_pid", None) is not None
    return util if is_child else None


def _finished(finish: Callable[[float], None]) -> None:
    with safely("flush at exit"):
        finish(EXIT_S)


def _watch_signals(ending: _Ending) -> None:
    """Only where the default action holds, which would end the process without a word."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, ending)


class _Ending:
    """The signal handler. One that comes at a bad moment, within a hold of the queue, comes again a moment later."""

    def __init__(self, finish: Callable[[float], None], is_busy: Callable[[], bool]) -> None:
        self._finish = finish
        self._is_busy = is_busy
        self._moments = itertools.count()

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self._is_busy() and next(self._moments) < _MOMENTS:
            with suppress(RuntimeError):  # no thread is to be had: then at once
                _thread.start_new_thread(_send_again, (number,))  # not threading's, whose locks may be held, too
                return
        signal.signal(number, signal.SIG_DFL)  # at once: who asks twice does not want to wait
        _finished(self._finish)
        os.kill(os.getpid(), number)


def _send_again(number: int) -> None:
    time.sleep(_MOMENT_S)
    os.kill(os.getpid(), number)


def _watch_hard_exit(keep: Callable[[float], None]) -> None:
    hard_exit = os._exit

    @functools.wraps(hard_exit)
    def _exit(status: int) -> Any:
        with safely("keep what waits"):
            keep(_KEEP_S)
        hard_exit(status)

    os._exit = _exit
