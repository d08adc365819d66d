"""Reads batches in processes of their own, while this one relates and stores those before them.

Python runs one thread at a time: one process cannot use a second core for reading. The others are started when a large
batch comes, and ended when none has come for a while. They hold nothing: whatever goes wrong with one, its batch is
read here, and nothing is lost but time.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from telltale_collector.enrich import PriceTable
from telltale_collector.errors import StoreError
from telltale_collector.pipeline.read import Reading
from telltale_collector.wal import Record, Signal

log = logging.getLogger("telltale.settle")

_MOST_PROCESSES = 2
_IDLE_S = 120.0
_ANSWER_S = 20.0
_AGAIN_S = 10.0
_ROOM_BYTES = 2 << 30
_PROCESS = "telltale_collector.pipeline.reading_process"
_FAULTS = (OSError, EOFError, pickle.PickleError)


class ReadAhead:
    """Has large batches read elsewhere. ``begin`` is for one thread, ``result`` of what it gives for another.

    Args:
        prices: to price calls with.
        types: gives the types of the columns of ``spans``.
        fewest: items of a batch that is read by another process; 0: none is.
    """

    def __init__(self, prices: PriceTable, types: Callable[[], Mapping[str, str]], fewest: int) -> None:
        self._prices = prices
        self._types = types
        self._fewest = fewest if _has_room() else 0
        self._others: list[_Other] = []
        self._used_at = 0.0
        self._not_before = 0.0
        self._lock = threading.Lock()

    def begin(self, records: Sequence[Record]) -> Pending | None:
        """Have a batch read; None: it is to be read here."""
        if not self._is_for_others(records):
            self._rest()
            return None
        self._used_at = time.monotonic()
        other: _Other | None = None
        try:
            other = self._free()
            traces = [record for record in records if record.signal is Signal.TRACES]
            return other.begin(traces) if other is not None else None
        except StoreError:
            return None  # it cannot tell its columns now: whoever reads the batch waits for it
        except _FAULTS as error:
            self.give_up(other, error)
            return None

    def give_up(self, other: _Other | None, error: Exception) -> None:
        """End a process that does not do its work; for a while batches are read here."""
        with self._lock:
            is_ours = other is None or other in self._others
            self._not_before = time.monotonic() + _AGAIN_S
            self._others = [each for each in self._others if each is not other]
        if other is not None:
            other.end()
        if is_ours and self._fewest:
            log.warning("a process that reads ahead is gone, batches are read here for a while: %r", error)

    def stop(self) -> None:
        """End the processes, and whoever waits for them."""
        self._fewest = 0
        self._end_all()

    def _is_for_others(self, records: Sequence[Record]) -> bool:
        signals = {record.signal for record in records}
        return (
            self._fewest > 0
            and sum(record.items for record in records) >= self._fewest
            and Signal.TRACES in signals
            and signals <= {Signal.TRACES, Signal.OUTCOMES}
        )

    def _free(self) -> _Other | None:
        """The one with the least to do; when all have something, a further one is started."""
        if all(other.pending for other in self._others) and len(self._others) < _MOST_PROCESSES:
            self._start()
        ready = [other for other in self._others if other.is_ready]
        return min(ready, key=lambda other: other.pending, default=None)

    def _start(self) -> None:
        if time.monotonic() < self._not_before:
            return
        types = self._types()
        with self._lock:
            if self._fewest:
                self._others.append(_Other(self, self._prices, types))

    def _rest(self) -> None:
        """Nobody needs them any more: their memory goes back."""
        if self._others and time.monotonic() - self._used_at > _IDLE_S:
            self._end_all()

    def _end_all(self) -> None:
        with self._lock:
            others, self._others = self._others, []
        for other in others:
            other.end()


class Pending:
    """A batch that another process reads."""

    def __init__(self, other: _Other) -> None:
        self._other = other
        self._found: Reading | None = None
        self._is_done = False

    def result(self) -> Reading | None:
        """Wait for it; None: it is to be read here. Once for each batch, in the order of ``begin``; then the same."""
        if not self._is_done:
            self._found, self._is_done = self._other.result(), True
        return self._found


class _Other:
    """A process that reads, as this one sees it."""

    def __init__(self, ahead: ReadAhead, prices: PriceTable, types: Mapping[str, str]) -> None:
        self._begun = 0  # by the thread that gives batches
        self._taken = 0  # by the thread that takes results: a count that both change would drift
        self._ahead = ahead
        ours, theirs = socket.socketpair()
        with theirs:
            fd = theirs.fileno()
            command = [sys.executable, "-m", _PROCESS, str(fd)]
            self._process = subprocess.Popen(command, pass_fds=[fd])  # noqa: S603 - our own
        self._connection = Connection(ours.detach())
        self._has_begun = False
        self._connection.send_bytes(pickle.dumps((prices, dict(types))))

    @property
    def pending(self) -> int:
        """Batches that it has and whose result was not taken."""
        return self._begun - self._taken

    @property
    def is_ready(self) -> bool:
        """Whether it has begun to work. One that ended before that is given up."""
        try:
            if not self._has_begun and self._connection.poll():
                self._has_begun = self._receive() is None
        except _FAULTS as error:
            self._ahead.give_up(self, error)
        return self._has_begun

    def begin(self, records: Sequence[Record]) -> Pending:
        self._connection.send_bytes(pickle.dumps(records, protocol=5))
        self._begun += 1
        return Pending(self)

    def result(self) -> Reading | None:
        """None where it could not read the batch, or is gone."""
        try:
            if not self._connection.poll(_ANSWER_S):
                raise TimeoutError(f"no answer within {_ANSWER_S:.0f} s")
            found = self._receive()
        except _FAULTS as error:
            self._ahead.give_up(self, error)
            return None
        self._taken += 1
        return found if isinstance(found, Reading) else None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _receive(self) -> object:
        return pickle.loads(self._connection.recv_bytes())  # noqa: S301 - from our own child


def _has_room() -> bool:
    """Whether there is a second core, and memory for a second process (about 200 MiB)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores > 1 and _memory_bytes() >= _ROOM_BYTES


def _memory_bytes() -> int:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(text) for text in map(_text_of, _cgroup_limits()) if text.isdigit()]
    return min([whole, *limits])


def _cgroup_limits() -> list[Path]:
    """Where this process's memory limits stand, its group's and those of the groups around."""
    for line in _text_of(Path("/proc/self/cgroup")).splitlines():
        if line.startswith("0::"):
            group = Path("/sys/fs/cgroup") / line[3:].strip().lstrip("/")
            return [folder / "memory.max" for folder in (group, *group.parents)]
    return [Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
