"""Which traces the store may hold: a trace that is certainly new need not be looked for.

Nearly every trace of a batch is new, and looking for thousands of them costs more than all else that a batch asks of
the store. A Bloom filter (Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", 1970) answers "certainly
not" or "perhaps" in a few bits a trace.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from telltale_collector.model import TimeNs

_BITS = 1 << 26
_PROBES = 4
_MOST_TRACES = 4_000_000
"""With 16 bits a trace and 4 probes one trace in 400 is looked for in vain."""

_GENERATIONS = 2


class _Generation:
    """Traces that were added in a stretch of time, and the latest start among their spans."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)
        self.count = 0
        self.latest: TimeNs = 0

    def add(self, hashed: int, start_time: TimeNs) -> None:
        self.count += 1
        self.latest = max(self.latest, start_time)
        for at in _places(hashed):
            self._bits[at >> 3] |= 1 << (at & 7)

    def may_hold(self, hashed: int) -> bool:
        return all(self._bits[at >> 3] & (1 << (at & 7)) for at in _places(hashed))


def _places(hashed: int) -> list[int]:
    """Double hashing (Kirsch and Mitzenmacher, "Less Hashing, Same Performance", 2006)."""
    step = (hashed >> 32) | 1
    return [(hashed + probe * step) % _BITS for probe in range(_PROBES)]


class KnownTraces:
    """All traces with spans that start at ``horizon`` or later. May be used from any thread."""

    def __init__(self, horizon: TimeNs) -> None:
        self._horizon = horizon
        self._generations = [_Generation()]
        self._lock = threading.Lock()

    def add(self, traces: Iterable[tuple[str, str, TimeNs]]) -> None:
        """(project, trace id, latest start of a span), of all that goes into the store."""
        with self._lock:
            for project, trace_id, start_time in traces:
                self._generations[-1].add(hash((project, trace_id)), start_time)
            if self._generations[-1].count >= _MOST_TRACES:
                self._begin_generation()

    def among(self, project: str, trace_ids: Collection[str], since: TimeNs) -> list[str]:
        """Those of the traces that may have spans which start at ``since`` or later."""
        with self._lock:
            if since < self._horizon:
                return list(trace_ids)
            return [trace_id for trace_id in trace_ids if self._may_hold(hash((project, trace_id)))]

    def _may_hold(self, hashed: int) -> bool:
        return any(generation.may_hold(hashed) for generation in self._generations)

    def _begin_generation(self) -> None:
        """The oldest one is forgotten: of what starts no later than its latest span, nothing is certain any more."""
        self._generations.append(_Generation())
        if len(self._generations) > _GENERATIONS:
            self._horizon = max(self._horizon, self._generations.pop(0).latest + 1)
