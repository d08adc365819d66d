"""A bounded queue between the application's threads and the export thread."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """Holds what waits to be sent: at most so many items and about so many bytes. When full, the oldest go.

    ``put`` never waits for a request and may be re-entered: a finaliser or signal handler that runs inside
    ``put`` and ends a span itself must not deadlock, so such an item takes a side entrance.

    Args:
        max_items: how many items, those being sent included.
        max_bytes: their weight.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self.lost: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Empty it, with a new lock: for a forked child, whose copies are the parent's to send."""
        self._lock = threading.RLock()
        self._is_busy = False
        self._waiting: deque[tuple[int, T]] = deque()
        self._late: deque[tuple[int, T]] = deque()
        self._taken: list[tuple[int, T]] = []
        self._weight = 0
        self.lost.clear()

    def put(self, item: T, weight: int) -> int:
        """Add one; how many wait now."""
        with self._lock:
            if self._is_busy:
                self._late.append((weight, item))
                return len(self._waiting)
            self._is_busy = True
            self._admit(weight, item)
            waiting = len(self._waiting)
            self._is_busy = False
            return waiting

    def take(self, max_items: int, max_bytes: int) -> list[T]:
        """The next batch, oldest first. It counts as waiting until ``done`` or ``put_back``."""
        with self._lock:
            self._is_busy = True
            while self._late:
                self._admit(*self._late.popleft())
            size = 0
            while self._waiting and len(self._taken) < max_items and (not self._taken or size < max_bytes):
                self._taken.append(self._waiting.popleft())
                size += self._taken[-1][0]
            self._is_busy = False
            return [item for _, item in self._taken]

    def done(self) -> None:
        """The batch is off our hands, sent or given up."""
        with self._lock:
            self._weight -= sum(weight for weight, _ in self._taken)
            self._taken = []

    def put_back(self) -> None:
        """The batch could not be sent: it is first in the queue again."""
        with self._lock:
            self._waiting.extendleft(reversed(self._taken))
            self._taken = []

    def lose(self, reason: str, count: int) -> None:
        if count:
            with self._lock:
                self.lost[reason] += count

    @property
    def is_busy(self) -> bool:
        """Some thread is inside, perhaps the one that a signal handler has interrupted."""
        return self._is_busy

    def __len__(self) -> int:
        return len(self._waiting) + len(self._taken) + len(self._late)

    def _admit(self, weight: int, item: T) -> None:
        self._waiting.append((weight, item))
        self._weight += weight
        while self._is_over() and len(self._waiting) > 1:
            dropped, _ = self._waiting.popleft()
            self._weight -= dropped
            self.lost["queue_full"] += 1

    def _is_over(self) -> bool:
        return len(self._waiting) + len(self._taken) > self._max_items or self._weight > self._max_bytes
