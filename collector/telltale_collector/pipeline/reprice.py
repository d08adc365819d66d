"""History mended: stored spans are settled again, as they came, with today's dialects, counts and prices.

What comes out different is written as a newer version of the span. Each page stands alone and a span that is right
already is left alone, so that an interrupted run is simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from telltale_collector.model import CALL_KINDS, Settled, TraceFilter
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.reader import Reader
from telltale_collector.store.span_of_row import call_of_row, raw_span_of_row
from telltale_collector.store.writer import Rows, Writer

PAGE_SPANS = 2000


@dataclass(slots=True)
class ModelDifference:
    """What repricing does to one model. Costs are sums over the calls that have one; None: none has."""

    model: str | None
    calls: int = 0
    changed: int = 0
    old_cost_usd: Decimal | None = None
    new_cost_usd: Decimal | None = None
    old_unpriced: int = 0
    new_unpriced: int = 0


@dataclass(slots=True)
class Repriced:
    """How far a run is, and what it found."""

    spans: int = 0
    changed: int = 0
    models: dict[str | None, ModelDifference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Version:
    """A stored span: its row, and the same settled anew."""

    row: dict[str, Any]
    again: Settled


def reprice(
    reader: Reader, settler: Settler, writer: Writer, project: str, where: TraceFilter, *, dry_run: bool
) -> Iterator[Repriced]:
    """Settle the spans of ``where`` again, page by page, newest first; yield the sum of it after each page.

    Args:
        dry_run: only say what would change.
    """
    total = Repriced()
    cursor: str | None = None
    while True:
        rows, cursor = reader.rows(project, where, limit=PAGE_SPANS, cursor=cursor)
        versions = _settle_again(reader, settler, project, rows)
        changed = [version for version in versions if _differs(version)]
        if changed and not dry_run:
            writer.write(Rows(spans=[version.again for version in changed]), _token(changed))
        _add(total, versions, changed)
        yield total
        if cursor is None:
            return


def _settle_again(reader: Reader, settler: Settler, project: str, rows: Sequence[dict[str, Any]]) -> list[_Version]:
    keys = [(row["trace_id"], row["span_id"]) for row in rows]
    events = reader.log_events(project, keys) if rows else {}
    versions = []
    for key, row in zip(keys, rows, strict=True):
        newer = row["received_at"] + 1  # one tick newer than what it replaces, older than anything that arrives
        versions.append(_Version(row, settler.settle_span(project, raw_span_of_row(row), events.get(key, []), newer)))
    settler.relations.relate(project, [version.again for version in versions])
    return versions


def _differs(version: _Version) -> bool:
    again, row = version.again, version.row
    before = (row["dialect"], row["duplicate_of"], call_of_row(row))
    return before != (again.dialect, again.duplicate_of, again.call)


def _token(changed: Sequence[_Version]) -> str:
    first, last = changed[0].again, changed[-1].again
    return f"reprice-{first.raw.span_id}-{first.received_at}-{last.raw.span_id}-{last.received_at}-{len(changed)}"


def _add(total: Repriced, versions: Sequence[_Version], changed: Sequence[_Version]) -> None:
    total.spans += len(versions)
    total.changed += len(changed)
    for version in changed:
        _difference(total, version).changed += 1
    for version in versions:
        row, call = version.row, version.again.call
        counted_before = row["kind"] in CALL_KINDS and row["duplicate_of"] is None
        counts_now = call.kind in CALL_KINDS and version.again.duplicate_of is None
        if not (counted_before or counts_now):
            continue
        found = _difference(total, version)
        found.calls += counts_now
        if counted_before:
            found.old_unpriced += row["cost_source"] == "unpriced"
            found.old_cost_usd = _sum(found.old_cost_usd, row["cost_usd"])
        if counts_now:
            found.new_unpriced += call.cost_source == "unpriced"
            found.new_cost_usd = _sum(found.new_cost_usd, call.cost_usd)


def _difference(total: Repriced, version: _Version) -> ModelDifference:
    call = version.again.call
    model = call.response_model or call.request_model
    return total.models.setdefault(model, ModelDifference(model))


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other
