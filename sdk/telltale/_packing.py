"""From spans to parcels: what the application has put down is encoded, masked, and kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from telltale._parcel import packed
from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telltale._backlog import Backlog
    from telltale._lane import Lane

_BATCH_ITEMS: Final = 512
_BATCH_BYTES: Final = 4 * 1024 * 1024


class Packer:
    """Moves what waits in the lanes into the backlog.

    Attributes:
        encoding: held while application code (a mask) and OpenTelemetry's run; a fork waits for it, so that no lock
            of theirs is copied while it is held.
    """

    def __init__(self, lanes: Sequence[Lane], backlog: Backlog) -> None:
        self._lanes = lanes
        self._backlog = backlog
        self.encoding = threading.RLock()

    def reset(self) -> None:
        """For a forked child."""
        self.encoding = threading.RLock()

    def pack(self) -> None:
        for number, lane in enumerate(self._lanes):
            while self._read(lane) + self._encode(number, lane):
                pass

    def _read(self, lane: Lane) -> int:
        """Do some of what the application's threads have left to do, which puts finished items into the outbox.

        A fork does not wait for it: others' span processors hear of spans here, and a child ends none of its parent's.
        """
        batch = lane.unread.take(_BATCH_ITEMS, _BATCH_BYTES)
        for work in batch:
            with safely(f"finish {lane.what}"):
                work()
        lane.unread.done()
        return len(batch)

    def _encode(self, number: int, lane: Lane) -> int:
        batch = lane.outbox.take(_BATCH_ITEMS, _BATCH_BYTES)
        if batch:
            self._keep(number, lane, batch)
        lane.outbox.done()
        return len(batch)

    def _keep(self, number: int, lane: Lane, batch: list[Any]) -> None:
        """Encode together; where one item refuses, in smaller and smaller parts, down to that one."""
        parcel = None
        with self.encoding, safely(f"encode {lane.what}"):
            parcel = packed(number, len(batch), lane.wire.encode(batch))
        if parcel is not None:
            self._backlog.add(parcel)
        elif len(batch) == 1:
            lane.outbox.lose("unencodable", 1)
        else:
            middle = len(batch) // 2
            self._keep(number, lane, batch[:middle])
            self._keep(number, lane, batch[middle:])
