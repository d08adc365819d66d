"""Calls without a parent that came lately: without a span around them, one call may stand in two traces."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable

from telltale_collector.model import CALL_KINDS, SpanOutline
from telltale_collector.store.reader import Reader

_MOST = 50_000
_REMEMBERED_NS = 15 * 60 * 1_000_000_000


class RecentRoots:
    """The traces of recent parentless calls, by project and response id. Bounded: the oldest are forgotten."""

    def __init__(self) -> None:
        self._traces: OrderedDict[tuple[str, str], set[str]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, reader: Reader) -> None:
        """Remember what the last quarter of an hour brought: a restart forgets nothing."""
        for project, root in reversed(reader.recent_roots(max(0, time.time_ns() - _REMEMBERED_NS), _MOST)):
            self.add(project, [root])

    def add(self, project: str, spans: Iterable[SpanOutline]) -> set[str]:
        """Remember the parentless calls among ``spans``; give the other traces that hold the same responses."""
        with self._lock:
            return self._add(project, spans)

    def _add(self, project: str, spans: Iterable[SpanOutline]) -> set[str]:
        others: set[str] = set()
        for span in spans:
            if span.parent_span_id is not None or not span.response_id or span.kind not in CALL_KINDS:
                continue
            key = (project, span.response_id)
            traces = self._traces.setdefault(key, set())
            self._traces.move_to_end(key)
            if len(traces) < _MOST_TRACES:
                traces.add(span.trace_id)
            others |= traces - {span.trace_id}
        while len(self._traces) > _MOST:
            self._traces.popitem(last=False)
        return others


_MOST_TRACES = 4
"""A response id that more traces hold is no id: a test server repeats it."""
