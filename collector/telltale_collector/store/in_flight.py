"""Requests to a server that may hang: who waits for one can be let go, so that a stop need not wait for the network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

from telltale_collector.errors import StoreError

_Answer = TypeVar("_Answer")


class InFlight:
    """Each request has a thread of its own, which nobody waits for once it is given up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()
        self._ended = False

    def run(self, request: Callable[[], _Answer]) -> _Answer:
        """Wait for the request's answer, or its error.

        Raises:
            StoreError: it was given up; what became of it is not known.
        """
        answer: Future[_Answer] = Future()
        with self._lock:
            if self._ended:
                raise _given_up()
            self._waiting.add(answer)
        threading.Thread(target=_answer, args=(request, answer), name="store-request", daemon=True).start()
        try:
            return answer.result()
        finally:
            with self._lock:
                self._waiting.discard(answer)

    def end_after(self, grace_s: float) -> None:
        """Give up what is still in flight then, and refuse what comes later."""
        timer = threading.Timer(grace_s, self._end)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            waiting = list(self._waiting)
        for answer in waiting:
            with suppress(InvalidStateError):  # it was answered just now
                answer.set_exception(_given_up())


def _answer(request: Callable[[], _Answer], answer: Future[_Answer]) -> None:
    with _ErrorsTo(answer), suppress(InvalidStateError):  # given up meanwhile: nobody listens
        answer.set_result(request())


class _ErrorsTo:
    """Whatever is raised within belongs to the thread that waits for the answer."""

    def __init__(self, answer: Future[Any]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if error is not None:
            with suppress(InvalidStateError):
                self._answer.set_exception(error)
        return True


def _given_up() -> StoreError:
    return StoreError("the collector is stopping and waits for the store no longer", "what is pending waits in the log")
