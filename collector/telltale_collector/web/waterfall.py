"""A trace's spans as the rows of a waterfall: a tree in start order, on one time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.model import CALL_KINDS
from telltale_collector.web import format as formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from telltale_collector.model import Span, TimeNs

_INDENT_PX: Final = 12
_DEEPEST_INDENT: Final = 14
_LABELS: Final = {
    "embedding": "embed",
    "retriever": "retr",
    "reranker": "rank",
    "guardrail": "guard",
    "evaluator": "eval",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One span's line.

    Attributes:
        span: what it shows.
        depth: 0 for roots.
        indent: pixels left of the name; stops growing in very deep trees.
        parts: how many spans lie below it.
        x, width: the bar, in percent of the axis; ``first`` is the part of it before the first token.
        tone: what colours it: the kind, or a guard's verdict.
        label: the kind, short.
        is_call: whether it stands for a provider call, and so has tokens and money.
        is_orphan: its parent has not arrived; ``heads_orphans`` marks the first such line.
    """

    span: Span
    depth: int
    indent: int
    parts: int
    x: float
    width: float
    first: float | None
    tone: str
    label: str
    is_call: bool
    is_orphan: bool
    heads_orphans: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis: its place in percent, its time from the trace's start."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All rows, the axis, and what the whole trace's money is made of."""

    rows: list[Row]
    ticks: list[Tick]
    has_root: bool


def build_waterfall(spans: Sequence[Span]) -> Waterfall:
    """The waterfall of a trace. Spans whose parents are missing, or run in a circle, stand at the end."""
    children = _children(spans)
    known = {span.span_id for span in spans}
    roots = [span for span in spans if span.parent_span_id is None]
    orphans = [span for span in spans if span.parent_span_id is not None and span.parent_span_id not in known]
    start = min((span.start_time for span in spans), default=0)
    end = max((span.end_time for span in spans), default=0)
    places = _places(roots, orphans, children)
    # What no root leads to has parents in a circle: each such span is given a line all the same.
    placed = {place.span.span_id for place in places}
    places += [_Place(span, 0, is_orphan=True) for span in spans if span.span_id not in placed]
    parts = _parts_below(places)
    rows: list[Row] = []
    has_orphans = False
    for place, below in zip(places, parts, strict=True):
        rows.append(_row(place, below, start, max(end - start, 1), heads=place.is_orphan and not has_orphans))
        has_orphans = has_orphans or place.is_orphan
    return Waterfall(rows, _ticks(end - start), bool(roots))


@dataclass(frozen=True, slots=True)
class _Place:
    span: Span
    depth: int
    is_orphan: bool


def _children(spans: Sequence[Span]) -> dict[str, list[Span]]:
    children: dict[str, list[Span]] = {}
    for span in spans:
        if span.parent_span_id is not None:
            children.setdefault(span.parent_span_id, []).append(span)
    return children


def _places(roots: list[Span], orphans: list[Span], children: dict[str, list[Span]]) -> list[_Place]:
    places: list[_Place] = []
    waiting = [_Place(span, 0, is_orphan=True) for span in reversed(orphans)]
    waiting += [_Place(span, 0, is_orphan=False) for span in reversed(roots)]
    while waiting:
        place = waiting.pop()
        places.append(place)
        below = children.get(place.span.span_id, [])
        waiting.extend(_Place(span, place.depth + 1, is_orphan=False) for span in reversed(below))
    return places


def _parts_below(places: list[_Place]) -> list[int]:
    """For each place, how many of the following ones are deeper without a break: its subtree."""
    parts = [0] * len(places)
    open_places: list[int] = []
    for number, place in enumerate(places):
        while open_places and places[open_places[-1]].depth >= place.depth:
            closed = open_places.pop()
            parts[closed] = number - closed - 1
        open_places.append(number)
    for closed in open_places:
        parts[closed] = len(places) - closed - 1
    return parts


def _row(place: _Place, parts: int, start: TimeNs, total_ns: int, *, heads: bool) -> Row:
    span = place.span
    width = max(span.duration_ns, 0) * 100 / total_ns
    first = None if span.ttft_ns is None else min(span.ttft_ns * 100 / total_ns, width)
    tone = f"guard-{span.guard_verdict}" if span.guard_verdict else span.kind
    return Row(
        span=span,
        depth=place.depth,
        indent=min(place.depth, _DEEPEST_INDENT) * _INDENT_PX,
        parts=parts,
        x=round((span.start_time - start) * 100 / total_ns, 3),
        width=round(width, 3),
        first=None if first is None else round(first, 3),
        tone=tone,
        label=_LABELS.get(span.kind, span.kind),
        is_call=span.kind in CALL_KINDS,
        is_orphan=place.is_orphan,
        heads_orphans=heads,
    )


def _ticks(total_ns: int) -> list[Tick]:
    if total_ns <= 0:
        return []
    step = next(step for step in _steps() if total_ns / step <= 4)
    times = range(0, max(total_ns * 17 // 20, 1), step)
    return [Tick(round(time * 100 / total_ns, 3), _tick_label(time)) for time in times]


def _tick_label(time_ns: int) -> str:
    """A round time without the zeros that only a measured one needs: ``0``, ``500 ms``, ``1 s``."""
    if not time_ns:
        return "0"
    number, _, unit = formats.duration(time_ns).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def _steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, … nanoseconds."""
    size = 1
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10


@dataclass(frozen=True, slots=True)
class Money:
    """What a trace's cost is made of: sums over its calls, each counted once; None where no call says."""

    input_cost_usd: Decimal | None
    output_cost_usd: Decimal | None
    cache_savings_usd: Decimal | None


def money_of(spans: Sequence[Span]) -> Money:
    calls = [span for span in spans if span.kind in CALL_KINDS and span.duplicate_of is None]
    return Money(
        _sum([call.input_cost_usd for call in calls]),
        _sum([call.output_cost_usd for call in calls]),
        _sum([call.cache_savings_usd for call in calls]),
    )


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known[1:], known[0]) if known else None
