"""The figures of the overview: each with its change, a small chart, and the traces behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telltale_collector.web import format as formats
from telltale_collector.web import urls
from telltale_collector.web.chart import Drawn, Frame, Line, drawn_line
from telltale_collector.web.overview.against import AMOUNT, MONEY, TIME, Against, against, share_against

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telltale_collector.model import TimeNs
    from telltale_collector.web.overview.answers import Answers, Row
    from telltale_collector.web.overview.asked import Asked

_NO_ROW: Final[dict[str, Any]] = {}
_HEIGHT: Final = 1000
_DRAWN: Final = 0.92
"""How much of its height a small chart fills."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure.

    Attributes:
        name: also the element's id.
        notes: what belongs to the value: what it leaves out, what it is part of.
        doubt: what is not known of it; empty where all is.
        chart: its course over the period; None where there is nothing to draw.
        url: the traces behind it.
    """

    name: str
    title: str
    value: str
    notes: str
    doubt: str
    change: Against
    chart: Drawn | None
    url: str


def tiles(asked: Asked, answers: Answers) -> list[Tile]:
    """Calls, errors, cost, latency, first token, guard blocks, dislikes."""
    return [
        _calls(asked, answers),
        _errors(asked, answers),
        _cost(asked, answers),
        *_latencies(asked, answers),
        _blocks(asked, answers),
        _dislikes(asked, answers),
    ]


def _calls(asked: Asked, answers: Answers) -> Tile:
    now, before = answers.now or _NO_ROW, answers.before or _NO_ROW
    tokens = [now.get(name) for name in ("input_tokens", "output_tokens")]
    return Tile(
        name="calls",
        title="Calls",
        value=formats.count(now.get("calls", 0)),
        notes="" if tokens == [None, None] else f"{formats.count(tokens[0])} tokens in, {formats.count(tokens[1])} out",
        doubt="",
        change=against(now.get("calls", 0), before.get("calls", 0), AMOUNT, is_bad=None),
        chart=_amounts(asked.frame, answers.steps, "calls"),
        url=_traces(asked, has="call"),
    )


def _errors(asked: Asked, answers: Answers) -> Tile:
    now, before = answers.now or _NO_ROW, answers.before or _NO_ROW
    calls, errors = now.get("calls", 0), now.get("errors", 0)
    return Tile(
        name="errors",
        title="Errors",
        value=formats.count(errors),
        notes=f"{percent(errors / calls)} of calls" if calls else "",
        doubt="",
        change=share_against((errors, calls), (before.get("errors", 0), before.get("calls", 0))),
        chart=_amounts(asked.frame, answers.steps, "errors"),
        url=_traces(asked, has="failed_call"),
    )


def _cost(asked: Asked, answers: Answers) -> Tile:
    now, before = answers.now or _NO_ROW, answers.before or _NO_ROW
    cost, unpriced, estimated = now.get("cost_usd"), now.get("unpriced_calls", 0), now.get("estimated_calls", 0)
    doubts = [f"{formats.count(unpriced)} calls unpriced"] if unpriced and cost is not None else []
    doubts += [f"{formats.count(estimated)} estimated"] if estimated else []
    saved = now.get("cache_savings_usd")
    return Tile(
        name="cost",
        title="Cost",
        value=formats.cost(cost, unpriced),
        notes=f"{formats.usd(saved)} saved by caches" if saved else "",
        doubt=", ".join(doubts) or (f"{formats.count(unpriced)} calls without a known price" if unpriced else ""),
        change=against(cost, before.get("cost_usd"), MONEY, is_bad=True),
        chart=_known(asked.frame, {row["time"]: _cost_of(row) for row in answers.steps}, rest=0.0),
        url=_traces(asked, has="call"),
    )


def _cost_of(row: Row) -> float | None:
    if row["cost_usd"] is None:
        return None if row["unpriced_calls"] else 0.0
    return float(row["cost_usd"])


def _latencies(asked: Asked, answers: Answers) -> list[Tile]:
    return [
        _percentile(asked, answers, ("duration", "Duration, p95", "duration_ns", "min_call_ms")),
        _percentile(asked, answers, ("ttft", "First token, p95", "ttft_ns", "min_ttft_ms")),
    ]


def _percentile(asked: Asked, answers: Answers, about: tuple[str, str, str, str]) -> Tile:
    name, title, column, least = about
    now, before = answers.now or _NO_ROW, answers.before or _NO_ROW
    value = now.get(f"p95_{column}")
    half = now.get(f"p50_{column}")
    return Tile(
        name=name,
        title=title,
        value=formats.duration(value),
        notes="" if half is None else f"half within {formats.duration(half)}",
        doubt="",
        change=against(value, before.get(f"p95_{column}"), TIME, is_bad=True),
        chart=_known(asked.frame, {row["time"]: row[f"p95_{column}"] for row in answers.steps}, rest=None),
        url=_traces(asked, **{least: milliseconds(value or 0)}),
    )


def _blocks(asked: Asked, answers: Answers) -> Tile:
    now, before = answers.now or _NO_ROW, answers.before or _NO_ROW
    others = [f"{formats.count(now[key])} {word}" for key, word in _VERDICTS.items() if now.get(key)]
    return Tile(
        name="blocks",
        title="Guard blocks",
        value=formats.count(now.get("guard_block", 0)),
        notes=", ".join(others),
        doubt=f"{formats.count(now['guard_error'])} guards failed" if now.get("guard_error") else "",
        change=against(now.get("guard_block", 0), before.get("guard_block", 0), AMOUNT, is_bad=True),
        chart=_amounts(asked.frame, answers.steps, "guard_block"),
        url=_traces(asked, guard_verdict="block"),
    )


_VERDICTS: Final = {"guard_flag": "flagged", "guard_redact": "redacted"}


def _dislikes(asked: Asked, answers: Answers) -> Tile:
    said = answers.feedback
    return Tile(
        name="dislikes",
        title="Dislikes",
        value=formats.count(said.dislikes),
        notes=f"{formats.count(said.likes)} liked" if said.likes else "",
        doubt="",
        change=against(said.dislikes, said.dislikes_before, AMOUNT, is_bad=True),
        chart=_known(asked.frame, dict(said.by_time), rest=0.0),
        url=_traces(asked, has="dislike"),
    )


def percent(share: float) -> str:
    """``12 %``, ``1.2 %``, ``0.04 %``."""
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.2g} %"


def milliseconds(duration_ns: int) -> str:
    """For a filter: every digit, so that what is as long is found."""
    whole, rest = divmod(duration_ns, 1_000_000)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")


def _traces(asked: Asked, **filters: str) -> str:
    return urls.traces({"from": asked.since, **filters})


def _amounts(given: Frame, steps: list[Row], name: str) -> Drawn | None:
    return _known(given, {row["time"]: row[name] for row in steps}, rest=0.0)


def _known(given: Frame, found: Mapping[TimeNs, float | None], rest: float | None) -> Drawn | None:
    """The course of values by step; ``rest`` is what holds for steps that nothing is told of."""
    values: list[float | None] = [rest] * given.count
    for time, value in found.items():
        if 0 <= given.place(time) < given.count:
            values[given.place(time)] = None if value is None else float(value)
    highest = max((value for value in values if value is not None), default=0.0)
    return drawn_line(Line("", 0, values), given, _height_of(highest)) if highest > 0 else None


def _height_of(highest: float) -> Callable[[float], float]:
    return lambda value: round(_HEIGHT - value / highest * _HEIGHT * _DRAWN, 1)
