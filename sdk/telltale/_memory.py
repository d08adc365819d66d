"""Parcels in memory, where there is no disk to keep them on."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from telltale._parcel import Parcel

_MAX_ITEMS: Final = 8192
_MAX_BYTES: Final = 32 * 1024 * 1024


class Memory:
    """A bounded queue; when full, the oldest go. Not safe for threads by itself.

    Args:
        give_up: told of parcels that will never be sent, and why.
    """

    def __init__(
        self,
        give_up: Callable[[Sequence[Parcel], str], None],
        max_items: int = _MAX_ITEMS,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        self._give_up = give_up
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._waiting: deque[Parcel] = deque()
        self._busy = 0
        self._bytes = 0
        self.items = 0

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def add(self, parcel: Parcel) -> None:
        self._waiting.append(parcel)
        self._bytes += len(parcel.body)
        self.items += parcel.items
        while self._is_over() and len(self._waiting) > self._busy + 1:
            # Those on their way may arrive; the oldest behind them do not.
            dropped = self._waiting[self._busy]
            del self._waiting[self._busy]
            self._forget(dropped)
            self._give_up([dropped], "queue_full")

    def head(self, max_items: int, max_bytes: int) -> list[Parcel]:
        """The oldest parcels of one lane, within bounds but at least one; they stay until they are ``done``."""
        found: list[Parcel] = []
        items = size = 0
        for parcel in self._waiting:
            items, size = items + parcel.items, size + parcel.size
            if found and (parcel.lane != found[0].lane or items > max_items or size > max_bytes):
                break
            found.append(parcel)
        self._busy = len(found)
        return found

    def done(self, parcels: list[Parcel]) -> None:
        """The first of what ``head`` gave are off our hands."""
        for _ in parcels:
            self._forget(self._waiting.popleft())
        self._busy = max(0, self._busy - len(parcels))

    def put_back(self) -> None:
        """What ``head`` gave is on its way no more."""
        self._busy = 0

    def _forget(self, parcel: Parcel) -> None:
        self._bytes -= len(parcel.body)
        self.items -= parcel.items

    def _is_over(self) -> bool:
        return self.items > self._max_items or self._bytes > self._max_bytes
