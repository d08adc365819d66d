"""Times as Alertmanager's JSON has them."""

from __future__ import annotations

from telltale_collector.model import TimeNs
from telltale_collector.store.times import write_time

NEVER = "0001-01-01T00:00:00Z"


def written(time_ns: TimeNs | None) -> str:
    """RFC 3339; Go's zero time for None."""
    return NEVER if time_ns is None else write_time(time_ns)
