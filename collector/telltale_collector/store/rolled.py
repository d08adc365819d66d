"""Which hours have a roll-up that holds. An hour that spans touch has none until it is rolled up again.

Known in the process that writes; what a restart needs to know again is in the table ``rolled_hours``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from telltale_collector.model import TimeNs
from telltale_collector.store import named
from telltale_collector.store.client import Client
from telltale_collector.store.cursors import END_OF_TIME

HOUR_S = 3600
CLOSED_AFTER_S = 300
"""An hour is rolled up this long after its end: most late spans have come by then."""

_HOUR_NS = HOUR_S * 1_000_000_000
_LAST_HOUR = 2**32 - HOUR_S
"""Later hours do not fit the column: such spans are never rolled up, and always counted from the spans themselves."""

ProjectHour = tuple[str, int]
"""(project, start of the hour in seconds since the epoch)."""


@dataclass(slots=True)
class _State:
    holding: dict[ProjectHour, int] = field(default_factory=dict)
    touched: dict[ProjectHour, int] = field(default_factory=dict)


class RolledHours:
    """Roll-ups by hour: when one holds, and making the others."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._state = _State()
        self._rolled_before: set[ProjectHour] = set()
        self._lock = threading.Lock()

    def load(self) -> None:
        """Take over roll-ups whose hours still look as they did; the others are to be made again."""
        rolled = {(row["project"], row["hour"]): row for row in self._query("rolled_hours", {})}
        self._rolled_before = set(rolled)
        for row in self._looks("", 0, END_OF_TIME):
            key = (row["project"], row["hour"])
            known = rolled.get(key)
            if known is not None and _look(known) == _look(row):
                self._state.holding[key] = known["generation"]
            else:
                self._state.touched[key] = 1

    def touch(self, project: str, starts: Iterable[TimeNs]) -> None:
        """Spans that start then are about to be written: the roll-ups of their hours no longer hold."""
        hours = {start // _HOUR_NS * HOUR_S for start in starts}
        with self._lock:
            for hour in hours:
                self._state.holding.pop((project, hour), None)
                self._state.touched[project, hour] = self._state.touched.get((project, hour), 0) + 1

    def holding(self, project: str, from_time: TimeNs, to_time: TimeNs) -> list[tuple[int, int]]:
        """(hour, generation) of the roll-ups that hold, of hours that lie wholly within the time range."""
        first, end = -(-from_time // _HOUR_NS) * HOUR_S, to_time // _HOUR_NS * HOUR_S
        with self._lock:
            return [
                (hour, generation)
                for (owner, hour), generation in self._state.holding.items()
                if owner == project and first <= hour < end
            ]

    def roll_due(self, now_ns: TimeNs, stopping: Callable[[], bool] = lambda: False) -> int:
        """Roll up the hours that are over and touched; how many were due. Ends early when ``stopping`` says so.

        Raises:
            StoreError: the store does not answer; the hour is tried again next time.
        """
        newest = now_ns // 1_000_000_000 - CLOSED_AFTER_S - HOUR_S
        with self._lock:
            due = [key for key in self._state.touched if key[1] <= min(newest, _LAST_HOUR)]
        for key in due:
            if stopping():
                break
            self._roll(key)
        return len(due)

    def _roll(self, key: ProjectHour) -> None:
        project, hour = key
        with self._lock:
            before = self._state.touched.get(key, 0)
        looks = list(self._looks(project, hour * 1_000_000_000, (hour + HOUR_S) * 1_000_000_000))
        generation = time.time_ns()
        given = {"project": project, "hour": hour, "generation": generation}
        self._client.execute(named.query_text("roll_hour"), given)
        with self._lock:
            if self._state.touched.get(key) != before:
                self._rolled_before.add(
                    key
                )  # spans came meanwhile: this generation is never named, the next removes it
                return
        if looks:
            row = {"project": project, "hour": hour, "generation": generation, **_look_columns(looks[0])}
            self._client.insert("rolled_hours", {name: [value] for name, value in row.items()}, f"rolled-{generation}")
        if key in self._rolled_before:
            self._client.execute(named.query_text("forget_generations"), given)
        self._rolled_before.add(key)
        with self._lock:
            if self._state.touched.get(key) == before:
                del self._state.touched[key]
                self._state.holding[key] = generation

    def _looks(self, project: str, from_time: TimeNs, to_time: TimeNs) -> Iterable[dict[str, Any]]:
        return self._query("hours_of_spans", {"project": project, "from_time": from_time, "to_time": to_time})

    def _query(self, name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._client.query(named.query_text(name), parameters, {"prefer_column_name_to_alias": 1})


_LOOK = ("span_rows", "newest_received", "received_sum")


def _look_columns(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in _LOOK}


def _look(row: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] for name in _LOOK)
