"""One signal's way out: spans or scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from telltale._outbox import Outbox

if TYPE_CHECKING:
    from telltale._wire import Partial

_MAX_ITEMS: Final = 16384
_MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_UNREAD_BYTES: Final = 32 * 1024 * 1024
_TOLD_BY_THE_COLLECTOR: Final = "rejected"


@dataclass(frozen=True, slots=True)
class Wire:
    """How a signal looks on the network.

    Attributes:
        encode: items as a request body. Bodies joined end to end are one, too.
        read: the reply's body as what was set aside; None when it is not a reply to this.
        halve: a body in two; None when it holds a single item.
    """

    encode: Callable[[Sequence[Any]], bytes]
    read: Callable[[bytes], Partial | None]
    halve: Callable[[bytes], tuple[tuple[int, bytes], tuple[int, bytes]] | None]


@dataclass(frozen=True, slots=True)
class Lane:
    """What one signal has.

    Attributes:
        what: its word in messages, in the plural.
        signal: OpenTelemetry's word for it.
        url: where it is posted.
        wire: how it looks there.
        outbox: what waits to be encoded, and what is lost, by reason.
        unread: what waits to be made into items: work that puts them into the outbox.
        reported: what of the lost the collector knows.
    """

    what: str
    signal: str
    url: str
    wire: Wire
    outbox: Outbox[Any] = field(default_factory=lambda: Outbox(_MAX_ITEMS, _MAX_BYTES))
    unread: Outbox[Callable[[], None]] = field(default_factory=lambda: Outbox(_MAX_ITEMS, _MAX_UNREAD_BYTES))
    reported: Counter[str] = field(default_factory=Counter)

    @property
    def waiting(self) -> int:
        """Items that are not encoded yet."""
        return len(self.unread) + len(self.outbox)

    @property
    def is_busy(self) -> bool:
        """Some thread is putting something into it, perhaps one that a signal handler has interrupted."""
        return self.outbox.is_busy or self.unread.is_busy

    @property
    def lost(self) -> Counter[str]:
        """What will never arrive, by reason."""
        return self.outbox.lost + self.unread.lost

    def unreported(self) -> dict[str, int]:
        """Lost items, by reason, that the collector does not know of. What it has set aside it has counted itself."""
        missing = self.lost
        missing.subtract(self.reported)
        return {reason: count for reason, count in missing.items() if count > 0 and reason != _TOLD_BY_THE_COLLECTOR}

    def reset(self) -> None:
        """For a forked child."""
        self.unread.reset()
        self.outbox.reset()
        self.reported.clear()
