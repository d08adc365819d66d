"""What instruments measured, over time and by group. Nothing here is ever added to what spans cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Instrument, MetricQuery, MetricStep, SeenExemplar, TimeNs
from telltale_collector.store.buckets import Exponentials, Extremes, explicit_buckets, percentile
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.reader import Reader

MAX_ROWS: Final = 50_000
MAX_KEYS: Final = 5

LOOK_BACK_NS: Final = 3_600_000_000_000
"""How far before a range the point is looked for that a cumulative series' first point is compared with."""

_STEP: Final = re.compile(r"(\d{1,4})([smhdw])")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_S: Final = 1_000_000_000
_WHOLE_RANGE_S: Final = 2**32 - 1
"""A step so wide that all times lie in the first one."""

_Place = tuple[tuple[str, ...], int]
"""(group values, step in seconds)."""


def instruments(reader: Reader, project: str, from_time: TimeNs, to_time: TimeNs, name: str = "") -> list[Instrument]:
    """The instruments with points in a range of time, by name; of one name the one seen last comes first."""
    rows = reader.run("metric_instruments", project=project, from_time=from_time, to_time=to_time, name=name)
    return [_instrument(row) for row in rows]


def _instrument(row: dict[str, Any]) -> Instrument:
    known = ["service"] * bool(row["services"]) + ["environment"] * bool(row.pop("has_environment"))
    attributes = [key for key in row.pop("attribute_keys") if key not in known]
    return Instrument(**row, group_keys=[*known, *attributes])


def find_instrument(
    reader: Reader, project: str, told: Mapping[str, str | None], from_time: TimeNs, to_time: TimeNs
) -> Instrument:
    """The instrument of a name (and type and unit, where they are told), in a range of time or else at any.

    Raises:
        NotFound: there is none.
    """
    name = told["name"] or ""
    for times in ((from_time, to_time), (0, END_OF_TIME)):
        for found in instruments(reader, project, *times, name):
            if all(told.get(what) in {None, getattr(found, what)} for what in ("type", "unit")):
                return found
    raise NotFound(f"no metric {name[:100]!r} is stored", "GET /api/v1/metrics lists those that are")


def measure(reader: Reader, project: str, instrument: Instrument, query: MetricQuery) -> list[MetricStep]:
    """What the instrument measured, by group and step, in that order.

    Raises:
        BadRequest: more groups and steps than an answer holds, or too many keys.
    """
    if len(query.group_by) > MAX_KEYS:
        raise BadRequest(f"more than {MAX_KEYS} keys to group by")
    if instrument.is_level:
        rows = _run(reader, "metric_levels", project, instrument, query)
        return [_level(row, instrument, query) for row in rows]
    counted: dict[_Place, _Counted] = {}
    for row in _run(reader, "metric_increases", project, instrument, query):
        counted.setdefault(_place(row), _Counted()).add(row)
    if instrument.type == "exponential_histogram":
        for row in _run(reader, "metric_exponentials", project, instrument, query):
            counted.setdefault(_place(row), _Counted()).add_exponentials(row)
    return [_step(place, found, instrument, query) for place, found in sorted(counted.items())]


def exemplars(
    reader: Reader, project: str, instrument: Instrument, query: MetricQuery, limit: int
) -> list[SeenExemplar]:
    """Single measurements that lead to a trace, newest first."""
    given = _parameters(project, instrument, query) | {"limit": limit}
    return [
        SeenExemplar(
            time=row["exemplar_time"],
            value=row["exemplar_value"],
            trace_id=row["trace_id"],
            span_id=row["span_id"] or None,
            service=row["seen_service"],
        )
        for row in reader.run("metric_exemplars", **given)
    ]


def _parameters(project: str, instrument: Instrument, query: MetricQuery) -> dict[str, Any]:
    return {
        "project": project,
        "name": instrument.name,
        "type": instrument.type,
        "unit": instrument.unit,
        "from_time": query.from_time,
        "to_time": query.to_time,
        "service": query.service or "",
        "environment": query.environment or "",
    }


def _run(reader: Reader, name: str, project: str, instrument: Instrument, query: MetricQuery) -> list[dict[str, Any]]:
    given = _parameters(project, instrument, query) | {
        "keys": list(query.group_by),
        "step_s": query.step_s or _WHOLE_RANGE_S,
        "first_time": query.from_time,
        "limit": MAX_ROWS + 1,
    }
    if name != "metric_levels":
        given["from_time"] = max(0, query.from_time - LOOK_BACK_NS)
    rows = reader.run(name, **given)
    if len(rows) > MAX_ROWS:
        raise BadRequest(f"more than {MAX_ROWS} rows", "ask for a longer step, fewer keys or a shorter time range")
    return rows


def read_step(text: str) -> int:
    """The width of a step, such as ``30s``, ``5m``, ``1h``, ``1d``, in seconds.

    Raises:
        BadRequest: the text is none.
    """
    found = _STEP.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise BadRequest(f"not a step: {text[:40]!r}", "write it as 30s, 5m, 1h or 1d")
    return int(found[1]) * _UNITS_S[found[2]]


@dataclass(slots=True)
class _Counted:
    """What one group counted in one step, put together from rows of different bounds and scales."""

    increase: float = 0.0
    count: int = 0
    sum: float = 0.0
    has_sum: bool = True
    extremes: Extremes | None = None
    explicit: list[tuple[Sequence[float], Sequence[int]]] = field(default_factory=list)
    exponentials: Exponentials = field(default_factory=Exponentials)

    def add(self, row: Mapping[str, Any]) -> None:
        self.increase += row["increase"]
        self.count += row["counted"]
        self.sum += row["summed"]
        self.has_sum = self.has_sum and bool(row["has_sum"])
        self.explicit.append((row["bounds"], row["buckets"]))
        given = Extremes(row["lowest"], row["highest"])
        self.extremes = given if self.extremes is None else self.extremes.joined(given)

    def add_exponentials(self, row: Mapping[str, Any]) -> None:
        found = self.exponentials
        found.zeros += row["zeros"]
        found.threshold = max(found.threshold, row["widest_threshold"])
        for side, given in ((found.positives, row["positives"]), (found.negatives, row["negatives"])):
            side.setdefault(row["at_scale"], Counter()).update(dict(zip(*given, strict=True)))

    def percentiles(self) -> dict[str, Any]:
        extremes = self.extremes or Extremes()
        buckets = self.exponentials.buckets() or explicit_buckets(self.explicit, extremes)
        return {f"p{share}": percentile(buckets, share / 100, extremes) for share in (50, 95, 99)}


def _place(row: Mapping[str, Any]) -> _Place:
    return tuple(row["group_values"]), row["step"]


def _when(place: _Place, query: MetricQuery) -> dict[str, Any]:
    values, step = place
    group = {key: value or None for key, value in zip(query.group_by, values, strict=True)}
    return {"group": group, "time": step * _S if query.step_s else None}


def _level(row: Mapping[str, Any], instrument: Instrument, query: MetricQuery) -> MetricStep:
    value = row["mean"] if instrument.type == "gauge" else row["total"]
    return MetricStep(**_when(_place(row), query), value=value)


def _step(place: _Place, found: _Counted, instrument: Instrument, query: MetricQuery) -> MetricStep:
    seconds = query.step_s or max(_seconds_seen(instrument, query), 1)
    if instrument.type == "sum":
        return MetricStep(**_when(place, query), increase=found.increase, rate=found.increase / seconds)
    summed = found.sum if found.has_sum else None
    return MetricStep(
        **_when(place, query),
        count=found.count,
        count_rate=found.count / seconds,
        sum=summed,
        sum_rate=None if summed is None else summed / seconds,
        mean=summed / found.count if summed is not None and found.count > 0 else None,
        **(found.percentiles() if instrument.has_buckets and found.count > 0 else {}),
    )


def _seconds_seen(instrument: Instrument, query: MetricQuery) -> float:
    """The part of the range that the instrument has points in."""
    return (min(query.to_time, instrument.last_seen) - max(query.from_time, instrument.first_seen)) / _S
