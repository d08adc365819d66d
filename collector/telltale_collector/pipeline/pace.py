"""The pace of acknowledgements: senders go at the speed of the store, and what they sent can be seen soon after.

Nothing is refused: while more waits for the store than it takes in a second and a half, an answer comes a little later,
by as much as the surplus would take to be stored, and never by more than a limit. A store that is away sets no pace:
then the write-ahead log takes everything at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WAITING_S = 1.5
"""What may wait for the store: the batch that is written, the one that is settled, and the one that gathers."""

_SLOWEST_ITEMS_S = 5_000
"""A store that has little to do is not slow."""

_REMEMBERED = 8


class Pace:
    """May be used from any thread.

    Args:
        pending: items that are acknowledged and not yet stored.
        longest_s: the limit of a delay; 0: acknowledgements never wait.
    """

    def __init__(
        self, pending: Callable[[], int], longest_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pending = pending
        self._longest_s = longest_s
        self._clock = clock
        self._stored: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)
        self.is_off = False
        """The store takes nothing now."""

    def stored(self, items: int) -> None:
        """So many items of a batch are in the store."""
        self._stored.append((self._clock(), items))

    def delay_s(self) -> float:
        """How long the next acknowledgement waits."""
        if self.is_off or not self._longest_s:
            return 0.0
        pending = self._pending()
        if pending <= _WAITING_S * _SLOWEST_ITEMS_S:
            return 0.0
        rate = self._items_s()
        return min(max(0.0, (pending - _WAITING_S * rate) / rate), self._longest_s)

    def _items_s(self) -> float:
        stored = self._stored.copy()
        if len(stored) < 2:
            return _SLOWEST_ITEMS_S
        took_s = stored[-1][0] - stored[0][0]
        items = sum(items for _, items in stored) - stored[0][1]
        return max(items / took_s if took_s > 0 else 0.0, _SLOWEST_ITEMS_S)
