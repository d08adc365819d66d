"""What the overview compares: a period against the one before. Calls are counted as in ``usage.py``, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from telltale_collector.model import TimeNs, TraceFilter
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import RolledHours
from telltale_collector.store.usage import usage

_DAY_NS = 86_400_000_000_000
_KEYS = ("model", "prompt_name", "prompt_version", "service")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Periods:
    """The period looked at (``from_time`` up to ``to_time``), and the one before it, which begins at ``before``."""

    before: TimeNs
    from_time: TimeNs
    to_time: TimeNs

    @property
    def now(self) -> TraceFilter:
        return TraceFilter(from_time=self.from_time, to_time=self.to_time)

    @property
    def earlier(self) -> TraceFilter:
        return TraceFilter(from_time=self.before, to_time=self.from_time)


@dataclass(frozen=True, slots=True)
class Sums:
    """Provider calls of a period. ``cost_usd`` is None where no call has a price."""

    calls: int = 0
    errors: int = 0
    cost_usd: Decimal | None = None
    unpriced_calls: int = 0

    @property
    def known_usd(self) -> Decimal | None:
        """The cost, which is 0 where nothing was called, and None where calls have no price."""
        return _ZERO if self.cost_usd is None and not self.unpriced_calls else self.cost_usd

    def __add__(self, other: Sums) -> Sums:
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Sums(
            self.calls + other.calls,
            self.errors + other.errors,
            sum(costs, _ZERO) if costs else None,
            self.unpriced_calls + other.unpriced_calls,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One model, prompt, user or service: ``keys`` are the trace list's filters for it."""

    keys: Mapping[str, str]
    now: Sums
    before: Sums

    @property
    def usd(self) -> Decimal | None:
        """By how much the cost changed; None where it is not known."""
        now, before = self.now.known_usd, self.before.known_usd
        return None if now is None or before is None else now - before

    @property
    def errors(self) -> int:
        return self.now.errors - self.before.errors


@dataclass(slots=True)
class Feedback:
    """Traces that users rated. ``by_time``: dislikes by the step in which the trace began."""

    likes: int = 0
    dislikes: int = 0
    dislikes_before: int = 0
    rated_before: int = 0
    by_time: dict[TimeNs, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A trace in which spans failed: ``step`` is the innermost of them, ``trace`` the root's name."""

    trace_id: str
    trace: str
    step: str
    error: str | None
    message: str | None
    failed_at: TimeNs
    failed_spans: int


def changes(
    reader: Reader, rolled: RolledHours, project: str, where: TraceFilter
) -> dict[str, dict[tuple[str, ...], Sums]]:
    """The sums of one period by model, by prompt (name and version), and by service."""
    found: dict[str, dict[tuple[str, ...], Sums]] = {"model": {}, "prompt": {}, "service": {}}
    for row in usage(reader, project, where, _KEYS, None, rolled):
        sums = sums_of(row)
        prompt = (row["prompt_name"], row["prompt_version"] or "")
        for name, key in (("model", (row["model"],)), ("prompt", prompt), ("service", (row["service"],))):
            if key[0] is not None:
                found[name][key] = found[name].get(key, Sums()) + sums
    return found


def compared(
    names: Sequence[str], now: Mapping[tuple[str, ...], Sums], before: Mapping[tuple[str, ...], Sums]
) -> list[Change]:
    """Both periods side by side; ``names`` are the filters that the parts of a key stand for."""
    keys = dict.fromkeys([*now, *before])
    return [
        Change(
            {name: value for name, value in zip(names, key, strict=True) if value},
            now.get(key, Sums()),
            before.get(key, Sums()),
        )
        for key in keys
    ]


def user_changes(reader: Reader, project: str, periods: Periods, limit: int) -> list[Change]:
    """The users whose cost changed most, and those whose failed calls did: ``limit`` of each."""
    rows = reader.run("user_changes", project=project, limit=limit, **_times(periods))
    return [Change({"user_id": row["user"]}, _side(row, "now"), _side(row, "before")) for row in rows]


def feedback(reader: Reader, project: str, periods: Periods, step_s: int) -> Feedback:
    """What users said of traces that began in either period."""
    found = Feedback()
    for row in reader.run("feedback_of_traces", project=project, step_s=step_s, **_times(periods)):
        if row["is_now"]:
            found.likes += row["likes"]
            found.dislikes += row["dislikes"]
            found.by_time[row["time"]] = row["dislikes"]
        else:
            found.dislikes_before += row["dislikes"]
            found.rated_before += row["likes"] + row["dislikes"]
    return found


def failures(reader: Reader, project: str, where: TraceFilter, limit: int) -> list[Failure]:
    """The traces that failed last, newest first."""
    times = {"from_time": where.from_time, "to_time": where.to_time}
    rows = reader.run("latest_failures", project=project, limit=limit, **times)
    begun = [(row["trace_id"], max(0, row["failed_at"] - _DAY_NS)) for row in rows]
    names = {each.trace_id: each.name for each in reader.summaries(project, begun)}
    return [Failure(trace=names.get(row["trace_id"], row["step"]), **row) for row in rows]


def sums_of(row: Mapping[str, Any]) -> Sums:
    """Of a row of usage."""
    return Sums(row["calls"], row["errors"], row["cost_usd"], row["unpriced_calls"])


def _side(row: Mapping[str, Any], side: str) -> Sums:
    return Sums(*(row[f"{name}_{side}"] for name in ("calls", "errors", "cost", "unpriced")))


def _times(periods: Periods) -> dict[str, TimeNs]:
    return {"from_time": periods.before, "middle_time": periods.from_time, "to_time": periods.to_time}
