"""What was spent, altogether or within a rolling window, in bounded memory."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_PARTS: Final = 64
"""A window moves in so many steps: what was spent leaves it up to one step late, never early."""

_MOST_TOOL_CALLS: Final = 4096
_ZERO: Final = Decimal(0)
_MONEY: Final = Context(28, ROUND_HALF_EVEN, -999_999, 999_999, 1, 0, [], [InvalidOperation, DivisionByZero, Overflow])

lock: Final = threading.RLock()
"""Guards all accounts, for microseconds at a time. A signal handler may call a model while it interrupts that."""

os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


def money() -> AbstractContextManager[Context]:
    """Arithmetic of 28 digits, whatever decimal context the application has set on this thread."""
    return localcontext(_MONEY)


@contextmanager
def booking() -> Iterator[None]:
    """What reads or changes sums: the lock, and ``money``."""
    with money(), lock:
        yield


@dataclass(slots=True)
class Spent:
    """What calls have used.

    Attributes:
        calls: provider calls, also failed ones.
        tokens: input and output together, where the provider told them.
        usd: US dollars, where the price is known.
        uncounted: calls whose tokens nobody told; they are not in ``tokens``.
        unpriced: calls whose price is not known; they are not in ``usd``.
    """

    calls: int = 0
    tokens: int = 0
    usd: Decimal = _ZERO
    uncounted: int = 0
    unpriced: int = 0

    def add(self, other: Spent, sign: int = 1) -> None:
        self.calls += sign * other.calls
        self.tokens += sign * other.tokens
        self.usd += sign * other.usd
        self.uncounted += sign * other.uncounted
        self.unpriced += sign * other.unpriced


class Account:
    """One account of a budget. Whoever uses it is ``booking``.

    Args:
        window_s: how long something stays spent; None: for good.
    """

    prices_itself = False
    """Whether spend comes from elsewhere, not from the calls put down here."""

    def __init__(self, window_s: float | None = None) -> None:
        self.reserved = Spent()
        self.unknown: set[str] = set()
        self.told: set[str] = set()
        self._window_ns = None if window_s is None else int(window_s * 1e9)
        self._width_ns = max(1, (self._window_ns or 0) // _PARTS)
        self._parts: deque[tuple[int, Spent]] = deque()
        self._total = Spent()

    def begin(self, reserved: Spent) -> None:
        """A call is made, and may use so much."""
        self.add(Spent(calls=1))
        self.reserved.add(reserved)

    def settle(self, reserved: Spent, spent: Spent) -> None:
        """The call that began with ``reserved``, the same object, is over and has used so much."""
        self.reserved.add(reserved, -1)
        self.add(spent)

    def add(self, spent: Spent) -> None:
        self._total.add(spent)
        if self._window_ns is not None:
            part = monotonic_ns() // self._width_ns
            if not self._parts or self._parts[-1][0] != part:
                self._parts.append((part, Spent()))
            self._parts[-1][1].add(spent)

    def total(self) -> Spent:
        """What is spent now, without what is only reserved."""
        if self._window_ns is not None:
            now = monotonic_ns()
            while self._parts and (self._parts[0][0] + 1) * self._width_ns + self._window_ns <= now:
                self._total.add(self._parts.popleft()[1], -1)
        return self._total

    def tell(self, what: str) -> bool:
        """Whether this is the first time that ``what`` is to be said of this account."""
        is_new = what not in self.told and len(self.told) < _MOST_TOOL_CALLS
        self.told |= {what} if is_new else set()
        return is_new


class Repeats:
    """How often a tool was called with the same arguments, in one run. Whoever uses it holds the lock."""

    def __init__(self) -> None:
        self._counts: OrderedDict[int, int] = OrderedDict()

    def count(self, use: int) -> int:
        """The use of that fingerprint, counted; the least recent ones are forgotten where there are very many."""
        count = self._counts.pop(use, 0) + 1
        self._counts[use] = count
        if len(self._counts) > _MOST_TOOL_CALLS:
            self._counts.popitem(last=False)
        return count
