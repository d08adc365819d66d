"""Users: what each spent in a period, against the one before. Calls are counted as in ``usage.py``, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs, TraceFilter
from telltale_collector.store import named
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import span_conditions
from telltale_collector.store.reader import Reader

ORDERS: Mapping[str, str] = {
    "cost": "spent_usd",
    "calls": "calls",
    "sessions": "sessions",
    "errors": "errors",
    "dislikes": "dislikes",
    "blocked": "blocked",
    "latest": "latest",
    "change": (
        "if((spent_usd IS NULL AND unpriced_calls > 0) OR (spent_before IS NULL AND unpriced_before > 0), NULL,"
        " ifNull(spent_usd, 0) - ifNull(spent_before, 0))"
    ),
}
"""What users can be sorted by, the most first: name to SQL expression."""

_ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class User:
    """What one user did in a period, and spent in the one before.

    Attributes:
        end_time: the start of the latest span.
        calls: provider calls; ``errors`` are those that failed.
        blocked: guards that blocked.
        dislikes: traces that were disliked.
        cost_usd: the sum of the priced calls; None when no call has a price.
        unpriced_calls: calls with unknown price, not part of ``cost_usd``.
        estimated_calls: calls whose tokens were counted by the collector.
        change_usd: cost against the period before; None where one of the two is unknown, or there is none before.
    """

    user_id: str
    end_time: TimeNs
    sessions: int
    calls: int
    errors: int
    blocked: int
    dislikes: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    unpriced_calls: int
    estimated_calls: int
    calls_before: int
    cost_before_usd: Decimal | None
    unpriced_before: int
    change_usd: Decimal | None


@dataclass(slots=True, kw_only=True)
class Users:
    """The first users in the order asked for; ``total`` counts all of the period."""

    users: list[User]
    total: int


def users(reader: Reader, project: str, where: TraceFilter, *, now_ns: TimeNs, order: str, limit: int) -> Users:
    """Users of the time range. The period before it is as long; a range without a beginning has none.

    Raises:
        BadRequest: an unknown order.
    """
    if order not in ORDERS:
        raise BadRequest(f"users have no order {order[:60]!r}", f"sort takes: {', '.join(ORDERS)}")
    conditions = span_conditions(where)
    text = named.with_part(named.query_text("users"), "order", ORDERS[order])
    text = named.with_conditions(text, named.ON_SPANS, conditions.on_spans)
    middle, end = where.from_time or 0, where.to_time or END_OF_TIME
    width = min(end, now_ns) - middle
    times = {"from_time": max(0, middle - max(0, width)), "middle_time": middle, "to_time": end}
    rows = reader.run_text(text, {"project": project, "limit": limit, **times, **conditions.parameters})
    return Users(
        users=[_user(row, has_before=middle > 0) for row in rows],
        total=rows[0]["users"] if rows else 0,
    )


def _user(row: Mapping[str, Any], *, has_before: bool) -> User:
    same = "sessions calls errors blocked dislikes unpriced_calls estimated_calls calls_before unpriced_before".split()
    now = _known(row["spent_usd"], row["unpriced_calls"])
    before = _known(row["spent_before"], row["unpriced_before"])
    return User(
        **{name: row[name] for name in same},
        user_id=row["user"],
        end_time=row["latest"],
        input_tokens=row["tokens_in"],
        output_tokens=row["tokens_out"],
        cost_usd=row["spent_usd"],
        cost_before_usd=row["spent_before"],
        change_usd=now - before if has_before and now is not None and before is not None else None,
    )


def _known(cost: Decimal | None, unpriced: int) -> Decimal | None:
    """0 where nothing was called, None where calls have no price."""
    return _ZERO if cost is None and not unpriced else cost
