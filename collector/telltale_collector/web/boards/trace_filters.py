"""Where a value of a panel leads: to the list of traces, filtered by what the value means and by its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.web import urls
from telltale_collector.web.format import iso_time
from telltale_dashboards.panel import Panel

if TYPE_CHECKING:
    from telltale_collector.model import TimeNs
    from telltale_collector.web.boards.asked import Asked

_MEANS: Final = {
    "model": "model",
    "application": "service",
    "user": "user_id",
    "verdict": "guard_verdict",
    "does": "kind",
    "ended": "status",
}
"""Column of a board to filter of the list, where they mean the same."""

_NO_VALUE: Final = {"", "none", "other", "unknown"}
_ONE_VALUE: Final = ("service", "environment", "model")
_CONDITIONS: Final = {
    "AND guard_verdict = 'block'": ("guard_verdict", "block"),
    "AND status = 'error'": ("status", "error"),
}
_BEFORE_NS: Final = 60_000_000_000
"""A trace begins before its steps do."""

_JUDGED_NS: Final = 3_600_000_000_000
"""The same for what is counted by when it arrived or was judged, not by when it happened."""


@dataclass(frozen=True, slots=True)
class TraceFilters:
    """The filters of one panel.

    Attributes:
        chosen: filters for what is chosen on the board.
        conditions: filters for what the panel counts, such as what was blocked.
        lead_ns: how long before a point's time its traces may have begun.
    """

    panel: Panel
    chosen: Mapping[str, str]
    conditions: Mapping[str, str]
    lead_ns: int

    def meaning(self, column: str, value: object) -> dict[str, str]:
        """The filter that a value of a column stands for; none where the list has no such filter."""
        name = self._filter_of(column)
        text = "" if value is None else str(value)
        if name == "guard_verdict":
            text = text.rpartition(": ")[2]
        return {} if not name or text in _NO_VALUE else {name: text}

    def slowness(self, column: str, value: float | None) -> dict[str, str]:
        """Traces that are at least as slow as a percentile of durations."""
        if value is None or f"(duration_ns) AS {column}" not in self.panel.sql:
            return {}
        return {"min_duration_ms": f"{value / 1e6:.0f}"}

    def url(self, from_time: TimeNs, to_time: TimeNs, filters: Mapping[str, str]) -> str:
        times = {"from": iso_time(max(0, from_time - self.lead_ns)), "to": iso_time(to_time)}
        return urls.traces({**self.chosen, **self.conditions, **filters, **times})

    def _filter_of(self, column: str) -> str:
        if column == "step":
            return "kind" if "kind AS step" in self.panel.sql else "name"
        return _MEANS.get(column, "")


def trace_filters(panel: Panel, asked: Asked) -> TraceFilters:
    """The filters of a panel, with what is chosen on its board: the list takes one value of each."""
    chosen = {name: asked.value(name) for name in _ONE_VALUE if len(asked.values(name)) == 1}
    conditions = dict(pair for text, pair in _CONDITIONS.items() if text in panel.sql or _counts(panel, text))
    by_start = "created_at" not in panel.sql and "arrived_at" not in panel.sql
    return TraceFilters(panel, chosen, conditions, _BEFORE_NS if by_start else _JUDGED_NS)


def _counts(panel: Panel, condition: str) -> bool:
    """Whether a panel's one number counts just those rows."""
    return panel.kind == "stat" and f"SELECT countIf({condition.removeprefix('AND ')})" in panel.sql
