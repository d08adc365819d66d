"""Calls, tokens, money and latency over time, grouped by what was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs, TraceFilter
from telltale_collector.store import named
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import span_conditions
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import HOUR_S, RolledHours

MAX_ROWS = 50_000

KEYS: dict[str, str] = {
    "model": "coalesce(response_model, request_model)",
    "tag": "arrayJoin(if(empty(tags), [NULL], arrayMap(tag -> toNullable(toString(tag)), tags)))",
    **{
        name: name
        for name in (
            "request_model response_model provider operation kind dialect service environment user_id session_id name "
            "prompt_name prompt_version prompt_hash route finish_reason status error_type guard_name"
        ).split()
    },
}
"""What usage can be grouped by: key to SQL expression. A call counts under each of its tags."""

_GUARD_KEYS = {"service", "environment", "user_id", "session_id", "guard_name", "kind", "name", "status"}
"""Keys that guard spans have too: grouped by others, guards are left out rather than put under null."""

_INTERVAL = re.compile(r"(\d{1,5})([smhdw])")
_UNITS = {"s": "SECOND", "m": "MINUTE", "h": "HOUR", "d": "DAY", "w": "WEEK"}
_QUANTILES = ("p50", "p95", "p99")


_ROLLED_KEYS = {
    *("model request_model response_model provider operation kind service environment".split()),
    *("prompt_name prompt_version route".split()),
}
_ROLLED_FILTERS = {"from_time", "to_time", "model", "service", "environment", "kind"}
"""What roll-ups know. Anything else is counted from the spans."""

_MOST_GAPS = 50

_WORTH_HOURS = 3
"""With fewer rolled hours in the range, exact percentiles from the spans are as quick."""


def usage(
    reader: Reader,
    project: str,
    where: TraceFilter,
    keys: Sequence[str],
    interval: str | None,
    rolled: RolledHours | None = None,
) -> list[dict[str, Any]]:
    """One row a group, and a time where an interval is given.

    Args:
        keys: of ``KEYS``.
        interval: such as ``1h``, ``15m``, ``1d``; None gives one row a group for the whole range.
        rolled: the roll-ups to use where they hold; sums are the same with and without, and ``percentiles`` says
            whether those are ``exact`` or from a ``sketch`` (within about 1 %).

    Raises:
        BadRequest: an unknown key, a malformed interval, or more rows than an answer holds.
    """
    unknown = [key for key in keys if key not in KEYS]
    if unknown:
        raise BadRequest(f"cannot group by {unknown[0][:60]!r}", f"group_by takes: {', '.join(sorted(KEYS))}")
    selected = {key: KEYS[key] for key in keys}
    if interval:
        selected["time"] = _bucket(interval)
    times = (where.from_time or 0, where.to_time or END_OF_TIME)
    held = rolled.holding(project, *times) if rolled and _can_be_rolled(where, keys, interval) else []
    conditions = span_conditions(where)
    parameters = {
        "project": project,
        "from_time": times[0],
        "to_time": times[1],
        "with_guards": set(keys) <= _GUARD_KEYS,
        "limit": MAX_ROWS + 1,
        **conditions.parameters,
    }
    name = "usage"
    if len(held) >= _WORTH_HOURS:
        name = "usage_rolled"
        parameters |= {"hours": [hour for hour, _ in held], "generations": [generation for _, generation in held]}
    text = _grouped(named.query_text(name), selected)
    text = named.with_conditions(text, named.ON_GAPS, _gaps([hour for hour, _ in held], *times))
    text = named.with_conditions(text, named.ON_SPANS, conditions.on_spans)
    rows = reader.run_text(text, parameters)
    if len(rows) > MAX_ROWS:
        raise BadRequest(f"more than {MAX_ROWS} rows", "ask for a longer interval, fewer keys or a shorter time range")
    percentiles = "exact" if name == "usage" else "sketch"
    return [_row(row, list(selected)) | {"percentiles": percentiles} for row in rows]


def _can_be_rolled(where: TraceFilter, keys: Sequence[str], interval: str | None) -> bool:
    asked = {field.name for field in fields(where) if getattr(where, field.name) is not None}
    return set(keys) <= _ROLLED_KEYS and asked <= _ROLLED_FILTERS and not (interval or "").endswith("s")


def _gaps(hours: Sequence[int], from_time: TimeNs, to_time: TimeNs) -> list[str]:
    """The times outside the rolled hours, as a condition that the primary key can use."""
    ends = [hour * 1_000_000_000 for hour in sorted(hours)]
    begins = [from_time, *(end + HOUR_S * 1_000_000_000 for end in ends)]
    gaps = [(begin, end) for begin, end in zip(begins, [*ends, to_time], strict=True) if begin < end]
    if len(gaps) > _MOST_GAPS:
        return []
    between = "(start_time >= fromUnixTimestamp64Nano({}) AND start_time < fromUnixTimestamp64Nano({}))"
    return [f"({' OR '.join(between.format(*gap) for gap in gaps) or 'false'})"]


def _grouped(text: str, selected: Mapping[str, str]) -> str:
    text = named.with_part(text, "keys", "".join(f"{sql} AS `group_{key}`, " for key, sql in selected.items()))
    groups = ", ".join(f"`group_{key}`" for key in selected) or "tuple()"
    return named.with_part(text, "groups", groups)


def _bucket(interval: str) -> str:
    match = _INTERVAL.fullmatch(interval)
    if not match or int(match[1]) == 0:
        raise BadRequest(f"not an interval: {interval[:40]!r}", "write it as 5m, 1h or 1d")
    width = f"INTERVAL {int(match[1])} {_UNITS[match[2]]}"
    return f"toUnixTimestamp(toStartOfInterval(start_time, {width}, 'UTC')) * 1000000000"


def _row(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    given = {key: row.pop(f"group_{key}") for key in keys}
    durations, ttfts = row.pop("duration_quantiles"), row.pop("ttft_quantiles")
    timed, streamed = row["calls"] > 0, row.pop("streamed_calls") > 0
    for name, duration, ttft in zip(_QUANTILES, durations, ttfts, strict=True):
        given[f"{name}_duration_ns"] = int(duration) if timed else None
        given[f"{name}_ttft_ns"] = int(ttft) if streamed else None
    return given | row
