"""Reads batches in processes of their own, while this one relates and stores those before them.

Python runs one thread at a time: one process cannot use a second core for reading. The others are started when a large
batch comes, and end when none has come for a while. They hold nothing: whatever goes wrong with one, its batch is read
here, and nothing is lost but time.
"""

from __future__ import annotations

import logging
import pickle
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from telltale._version import __version__
from telltale_collector.enrich import PriceTable
from telltale_collector.errors import StoreError
from telltale_collector.pipeline import host
from telltale_collector.pipeline.read import FAULTS, Reading
from telltale_collector.wal import Record, Signal

log = logging.getLogger("telltale.settle")

_MOST_PROCESSES = 2
_MOST_BYTES = 64 << 20
"""More than this is not sent to and fro: reading takes about ten times as much memory."""

_ANSWER_S = 20
_BEGIN_S = 60.0
_AGAIN_S = 10.0
_ROOM_BYTES = 2 << 30
_PROCESS = "telltale_collector.pipeline.reading_process"
_GONE = (*FAULTS, OSError, EOFError, ImportError, MemoryError, RuntimeError, pickle.PickleError)
"""What may come of a process that is not well, or of too little memory for it."""


class ReadAhead:
    """Has large batches read elsewhere. ``begin`` is for one thread, ``result`` of what it gives for another.

    Args:
        prices: to price calls with.
        types: gives the types of the columns of ``spans``.
        fewest: items of a batch that is read by another process; 0: none is.
    """

    def __init__(self, prices: PriceTable, types: Callable[[], Mapping[str, str]], fewest: int) -> None:
        has_room = host.cores() > 1 and host.memory_bytes() >= _ROOM_BYTES
        self._prices = prices
        self._types = types
        self._fewest = fewest if has_room else 0
        self._others: list[_Other] = []
        self._not_before = 0.0
        self._lock = threading.Lock()

    def begin(self, records: Sequence[Record]) -> Pending | None:
        """Have a batch read; None: it is to be read here."""
        traces = [record for record in records if record.signal is not Signal.OUTCOMES]
        if not self._is_for_others(traces):
            return None
        other: _Other | None = None
        try:
            other = self._free()
            return other.begin(traces) if other is not None else None
        except StoreError:
            return None  # it cannot tell its columns now: whoever reads the batch waits for it
        except _GONE as error:
            self.give_up(other, error)
            return None

    def give_up(self, other: _Other | None, error: Exception) -> None:
        """End a process that does not do its work; for a while batches are read here."""
        with self._lock:
            is_news = self._fewest > 0 and (other is None or other in self._others)
            self._not_before = time.monotonic() + _AGAIN_S
            self._others = [each for each in self._others if each is not other]
        if other is not None:
            other.end()
        if is_news:
            log.warning("a process that reads ahead is gone, batches are read here for a while: %r", error)

    def stop(self) -> None:
        """End the processes, and whoever waits for them."""
        with self._lock:
            self._fewest = 0
            others, self._others = self._others, []
        for other in others:
            other.end()

    def _is_for_others(self, records: Sequence[Record]) -> bool:
        return (
            0 < self._fewest <= sum(record.items for record in records)
            and {record.signal for record in records} == {Signal.TRACES}
            and sum(len(record.payload) for record in records) <= _MOST_BYTES
        )

    def _free(self) -> _Other | None:
        """The one with the least to do; when all have something, a further one is started."""
        with self._lock:
            self._others = [other for other in self._others if not other.has_left]
        if all(other.pending for other in self._others) and len(self._others) < _MOST_PROCESSES:
            self._start()
        ready = [other for other in self._others if other.is_ready]
        return min(ready, key=lambda other: other.pending, default=None)

    def _start(self) -> None:
        if time.monotonic() < self._not_before:
            return
        other = _Other(self, self._prices, self._types())
        with self._lock:
            is_wanted = self._fewest > 0
            self._others += [other] if is_wanted else []
        if not is_wanted:
            other.end()


class Pending:
    """A batch that another process reads."""

    def __init__(self, other: _Other, number: int) -> None:
        self._other = other
        self._number = number
        self._found: Reading | None = None
        self._is_done = False

    def result(self) -> Reading | None:
        """Wait for it; None: it is to be read here. In the order of ``begin``; asked again it says the same."""
        if not self._is_done:
            self._is_done = True
            self._found = self._other.result(self._number)
        return self._found


class _Other:
    """A process that reads, as this one sees it. Batches have numbers, so that no answer is taken for another's."""

    def __init__(self, ahead: ReadAhead, prices: PriceTable, types: Mapping[str, str]) -> None:
        self._ahead = ahead
        self._given = 0  # by the thread that gives batches
        self._taken = 0  # by the thread that takes results: a count that both change would drift
        self._has_begun = False
        self._is_ended = False
        self._begin_by = time.monotonic() + _BEGIN_S
        ours, theirs = socket.socketpair()
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", _ANSWER_S, 0))
        self._connection = Connection(ours.detach())
        with theirs:
            fd = theirs.fileno()
            command = [sys.executable, "-P", "-m", _PROCESS, str(fd)]  # -P: nothing from the working directory
            self._process = subprocess.Popen(command, pass_fds=[fd])  # noqa: S603 - our own
        try:
            self._send((__version__, prices, dict(types)))
        except _GONE:
            self.end()
            raise

    @property
    def pending(self) -> int:
        """Batches that it has and whose result was not taken."""
        return self._given - self._taken

    @property
    def has_left(self) -> bool:
        """It had nothing to do for long and ended by itself."""
        return not self.pending and self._process.poll() == 0

    @property
    def is_ready(self) -> bool:
        """Whether it has begun to work. One that does not, or ended before that, is given up."""
        try:
            if not self._has_begun and self._connection.poll():
                self._has_begun = self._receive() == __version__
            if not self._has_begun and time.monotonic() > self._begin_by:
                raise TimeoutError(f"it has not begun within {_BEGIN_S:.0f} s")
        except _GONE as error:
            self._ahead.give_up(self, error)
        return self._has_begun

    def begin(self, records: Sequence[Record]) -> Pending:
        self._send((self._given, records))
        self._given += 1
        return Pending(self, self._given - 1)

    def result(self, number: int) -> Reading | None:
        """None where it could not read the batch, or is gone."""
        if self._is_ended:
            return None
        try:
            if not self._connection.poll(_ANSWER_S):
                raise TimeoutError(f"no answer within {_ANSWER_S} s")
            answered, found = self._receive()
            if answered != number:
                raise ValueError(f"batch {answered} came instead of {number}")
        except _GONE as error:
            self._ahead.give_up(self, error)
            return None
        self._taken += 1
        return found if isinstance(found, Reading) else None

    def end(self) -> None:
        self._is_ended = True
        self._process.kill()
        self._process.wait()

    def _send(self, what: object) -> None:
        self._connection.send_bytes(pickle.dumps(what, protocol=5))

    def _receive(self) -> Any:
        return pickle.loads(self._connection.recv_bytes())  # noqa: S301 - from our own child
