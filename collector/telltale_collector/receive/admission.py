"""How much of what senders send may be in memory at once, and whose.

Every byte of a request counts from its arrival (after inflating) to its answer. A sender may hold as much as is left
for the others: alone it gets half of the budget, of n busy senders each gets 1/(n + 1). So there is always room for one
more, however greedy the rest are, and nobody has to know how many there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from telltale_collector.errors import Overloaded

_HINT = "nothing of this request was kept; send it again in a second"


def _ignore(_reason: str) -> None:
    return


class Charge:
    """What one request holds; given back when the ``with`` block ends."""

    def __init__(self, admission: Admission, sender: str) -> None:
        self._admission = admission
        self._sender = sender
        self._bytes = 0

    def take(self, size: int) -> None:
        """Hold ``size`` bytes more.

        Raises:
            Overloaded: there is no room for them.
        """
        self._admission.take(self._sender, size)
        self._bytes += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bytes:
            self._admission.give_back(self._sender, self._bytes)
            self._bytes = 0


class Admission:
    """The budget, shared by all senders. May be used from any thread.

    Args:
        budget_bytes: most bytes that all requests together hold.
        on_refused: told the reason of each refusal: ``memory`` (the budget is spent), ``share`` (this sender's is).
    """

    def __init__(self, budget_bytes: int, on_refused: Callable[[str], None] = _ignore) -> None:
        self._budget_bytes = budget_bytes
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        self._total = 0

    @property
    def held_bytes(self) -> int:
        return self._total

    def open(self, sender: str, announced: int = 0) -> Charge:
        """A charge for one request of ``sender`` (its key, or else its address).

        Args:
            sender: who pays.
            announced: bytes that are said to come; nothing is taken for them yet.

        Raises:
            Overloaded: what is announced would not fit now.
        """
        if announced:
            with self._lock:
                reason = self._lack(sender, announced)
            if reason:
                raise self._refusal(reason)
        return Charge(self, sender)

    def take(self, sender: str, size: int) -> None:
        """Raises Overloaded when the sender may not hold ``size`` bytes more."""
        with self._lock:
            reason = self._lack(sender, size)
            if not reason:
                self._total += size
                self._held[sender] = self._held.get(sender, 0) + size
        if reason:
            raise self._refusal(reason)

    def give_back(self, sender: str, size: int) -> None:
        with self._lock:
            self._total -= size
            left = self._held[sender] - size
            if left:
                self._held[sender] = left
            else:
                del self._held[sender]

    def _lack(self, sender: str, size: int) -> str | None:
        free = self._budget_bytes - self._total
        if size > free:
            return "memory"
        return "share" if self._held.get(sender, 0) + size > free else None

    def _refusal(self, reason: str) -> Overloaded:
        self._on_refused(reason)
        whose = "requests under way hold" if reason == "memory" else "requests of this sender hold"
        return Overloaded(f"{whose} as much memory as they may", _HINT)
