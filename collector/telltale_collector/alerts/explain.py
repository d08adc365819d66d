"""Says why an alert fires: what makes up its sum now that did not make it up before.

For each dimension of a rule's ``Cause`` (model, user, prompt version ...) the sum of the weights is compared with that
of the same span of time before. What one value adds to the change, by the change of the whole, is its share; where
nothing rose, the share of the sum itself is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telltale_collector.model import TimeNs
from telltale_collector.store.panels import run_panel
from telltale_collector.store.reader import Reader
from telltale_dashboards.panel import Unit
from telltale_dashboards.rule import Cause

_SECOND_NS = 1_000_000_000
_TOLD = 3
_LEAST_SHARE = 0.1
_MOST_VALUES = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one value of one dimension has to do with it; ``share`` is of the rise, or of all where nothing rose."""

    dimension: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """The sum now and before, and the most telling parts of it.

    Attributes:
        unit: of ``now`` and ``before``.
        recent_s: the span of time of each.
        parts: at most three, of different dimensions, the largest share first.
        worst_trace: the id of the trace with the heaviest row; None where rows have none.
    """

    now: float
    before: float
    unit: Unit
    recent_s: int
    parts: Sequence[Part]
    worst_trace: str | None

    @property
    def rose(self) -> bool:
        """Whether the parts are of a rise, not of the sum."""
        return self.now > self.before > 0


def why(reader: Reader, cause: Cause, project: str, labels: Mapping[str, str], until_ns: TimeNs) -> Why:
    """Look at the rows behind an alert.

    Raises:
        StoreError: the engine refused the SQL or could not be reached.
    """
    given: dict[str, Any] = {"project": project}
    rows = _narrowed(cause, labels, given)
    recent_ns = cause.recent_s * _SECOND_NS
    recent = {**given, "from_time": until_ns - recent_ns, "to_time": until_ns}
    earlier = {**given, "from_time": until_ns - 2 * recent_ns, "to_time": until_ns - recent_ns}
    sums_now, sums_before = (_sums(reader, cause, rows, times) for times in (recent, earlier))
    now, before = (sums.pop(("", ""), 0.0) for sums in (sums_now, sums_before))
    dimensions = [name for name in cause.dimensions if name not in labels]
    parts = [part for name in dimensions if (part := _heaviest(name, sums_now, sums_before, now, before)) is not None]
    parts.sort(key=lambda part: -part.share)
    return Why(now, before, cause.unit, cause.recent_s, parts[:_TOLD], _worst(reader, cause, rows, recent))


def _narrowed(cause: Cause, labels: Mapping[str, str], given: dict[str, Any]) -> str:
    """The cause's rows, those with the alert's labels alone; their values go into ``given``."""
    rows = cause.rows
    for place, (label, expression) in enumerate(cause.labels.items()):
        if label in labels:
            given[f"label_{place}"] = labels[label]
            rows += f" AND ifNull(toString({expression}), '') = {{label_{place}:String}}"
    return rows


def _sums(reader: Reader, cause: Cause, rows: str, given: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Sums by (dimension, value); the whole is under ("", "")."""
    named = [f"('{name}', ifNull(toString({text}), ''))" for name, text in cause.dimensions.items()]
    pairs = ", ".join(["('', '')", *named])
    sql = f"""
        SELECT _pair.1 AS _dimension, _pair.2 AS _value, sum(_weight) AS _sum
        FROM
        (
            SELECT toFloat64(ifNull({cause.weight}, 0)) AS _weight, arrayJoin([{pairs}]) AS _pair
            FROM {rows}
        )
        GROUP BY _pair
        ORDER BY _sum DESC
        LIMIT {_MOST_VALUES}
    """  # noqa: S608 -- of the rule's own constant parts; values are typed parameters
    return {(row["_dimension"], row["_value"]): row["_sum"] or 0.0 for row in run_panel(reader, sql, given).rows}


def _heaviest(
    dimension: str,
    sums_now: Mapping[tuple[str, str], float],
    sums_before: Mapping[tuple[str, str], float],
    now: float,
    before: float,
) -> Part | None:
    """The value of a dimension that has most to do with it; None where none stands out."""
    rise = now - before
    whole, less = (rise, sums_before) if rise > 0 and before > 0 else (now, {})
    if whole <= 0:
        return None
    shares = {key: (sums_now[key] - less.get(key, 0.0)) / whole for key in sums_now if key[0] == dimension and key[1]}
    if not shares:
        return None
    key = max(shares, key=lambda each: (shares[each], each))
    return Part(dimension, key[1], min(shares[key], 1.0)) if shares[key] >= _LEAST_SHARE else None


def _worst(reader: Reader, cause: Cause, rows: str, given: Mapping[str, Any]) -> str | None:
    sql = (
        f"SELECT ifNull(trace_id, '') AS _trace FROM {rows} AND ifNull({cause.weight}, 0) > 0"  # noqa: S608 -- as above
        f" ORDER BY ifNull({cause.weight}, 0) DESC LIMIT 1"
    )
    found = run_panel(reader, sql, given).rows
    return found[0]["_trace"] or None if found else None
