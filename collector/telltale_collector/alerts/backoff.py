"""When a receiver that did not take something is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable

from telltale_collector.alerts.outbound import DeliveryError

_FIRST_S = 1.0
_LONGEST_S = 60.0
_SLOW_S = 600.0
_MOST_DOUBLINGS = 10
_RANDOM = random.SystemRandom()


class Backoff:
    """For ever, ever slower up to a minute; what is refused for good, every ten minutes, and only that.

    Args:
        clock: seconds that never go back.
        draw: a number between two others; spreads what many try at the same time.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[float, float], float] = _RANDOM.uniform,
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._failures = 0
        self._until = 0.0
        self._refused: dict[Hashable, float] = {}

    def failed(self, key: Hashable, error: DeliveryError) -> None:
        """A message about ``key`` was not taken."""
        if error.is_permanent:
            self.refused(key)
            return
        longest = min(_LONGEST_S, _FIRST_S * 2 ** min(self._failures, _MOST_DOUBLINGS))
        self._failures += 1
        self._until = self._clock() + max(error.retry_after_s, self._draw(longest / 2, longest))

    def refused(self, key: Hashable) -> None:
        """``key`` will not be taken, whenever it is tried: slowly, then."""
        self._refused[key] = self._clock() + self._draw(_SLOW_S / 2, _SLOW_S)

    def succeeded(self, key: Hashable) -> None:
        self._failures = 0
        self._until = 0.0
        self._refused.pop(key, None)

    def holds(self, key: Hashable) -> bool:
        """Whether it is too early to try."""
        return self._clock() < self._until or self.is_refused(key)

    def is_refused(self, key: Hashable) -> bool:
        """Whether ``key`` was refused for good, a short while ago."""
        now = self._clock()
        self._refused = {each: until for each, until in self._refused.items() if until > now}
        return key in self._refused

    def next_in_s(self) -> float | None:
        """When something may be tried that may not be now; None: there is nothing."""
        now = self._clock()
        waiting = [until - now for until in (self._until, *self._refused.values()) if until > now]
        return min(waiting, default=None)
