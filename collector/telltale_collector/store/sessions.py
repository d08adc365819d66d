"""Sessions: whole conversations, each turn of them a trace. Calls are counted as in ``usage.py``, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from telltale_collector.model import Score, TimeNs, TraceFilter
from telltale_collector.store import named
from telltale_collector.store.cursors import END_OF_TIME, read_cursor, write_cursor
from telltale_collector.store.filters import span_conditions
from telltale_collector.store.reader import Reader
from telltale_collector.store.rollup import unwrapped

_HOUR_NS = 3600 * 1_000_000_000
_DAY_NS = 24 * _HOUR_NS
_WINDOWS_NS = (_HOUR_NS, _DAY_NS, 30 * _DAY_NS)
"""As for traces, the newest page is looked for in a short window first."""

TEXT_CHARS = 4_000
"""Of a question or an answer; the rest is on the trace's page."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One session, summed up over the time range that was asked for.

    Attributes:
        user_id: the user of its first span that has one; ``users`` counts all of them.
        turns: its traces.
        calls: provider calls; ``errors`` are those that failed, ``cut_answers`` those that stopped at a limit.
        blocked: guards that blocked.
        dislikes: turns that users disliked, and one more where the whole session is.
        cost_usd: the sum of the priced calls; None when no call has a price.
        unpriced_calls: calls with unknown price, not part of ``cost_usd``.
        estimated_calls: calls whose tokens were counted by the collector.
    """

    session_id: str
    user_id: str | None
    users: int
    services: list[str]
    start_time: TimeNs
    end_time: TimeNs
    duration_ns: int
    turns: int
    calls: int
    errors: int
    cut_answers: int
    blocked: int
    dislikes: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    unpriced_calls: int
    estimated_calls: int


@dataclass(slots=True, kw_only=True)
class SessionTurn:
    """One turn of a session: a trace, of which only the spans of this session count.

    Attributes:
        number: from 1, in the order they began.
        failed_spans: spans with status error; ``errors`` are provider calls among them.
        is_disliked: some user disliked it; ``feedback`` is the latest.
        cost_so_far_usd: of this turn and those before it; None while none has a price.
        question: the last thing the user said, at most 4,000 characters of it; ``answer`` likewise.
        failure: what the outermost failed span says of its error.
        guards: guards that looked at it; ``objections`` are (verdict, guard) of those that did not let it pass.
    """

    number: int
    trace_id: str
    name: str
    start_time: TimeNs
    duration_ns: int
    calls: int
    errors: int
    failed_spans: int
    open_spans: int
    cut_answers: int
    blocked: int
    is_disliked: bool
    feedback: float | str | None
    comments: list[str]
    cost_usd: Decimal | None
    unpriced_calls: int
    estimated_calls: int
    cost_so_far_usd: Decimal | None
    unpriced_so_far: int
    question: str | None
    answer: str | None
    failure: str | None
    guards: int
    objections: list[tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class FirstWrong:
    """The number of the first turn that went wrong in each way; None where none did."""

    failed: int | None
    blocked: int | None
    cut: int | None
    disliked: int | None


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A session with some of its turns. ``next_turn`` is the number of the first turn after these; None at the end."""

    session: Session
    turns: list[SessionTurn]
    first_wrong: FirstWrong
    next_turn: int | None


def sessions(
    reader: Reader, project: str, where: TraceFilter, *, limit: int, cursor: str | None = None
) -> tuple[list[Session], str | None]:
    """One page of sessions, the one with the latest span first, and the next page's cursor.

    Only spans that match ``where`` count, as in ``usage``.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    found = _session_ids(reader, project, where, limit + 1, cursor)
    page = found[:limit]
    summed = summed_up(reader, project, where, [session_id for session_id, _ in page])
    last = page[-1] if len(found) > limit else None
    return summed, write_cursor(last[1], last[0]) if last else None


def summed_up(reader: Reader, project: str, where: TraceFilter, ids: Sequence[str]) -> list[Session]:
    """Given sessions over the time range, in the order given; those without spans there are left out."""
    if not ids:
        return []
    conditions = span_conditions(where)
    text = named.with_conditions(named.query_text("session_rollups"), named.ON_SPANS, conditions.on_spans)
    times = {"from_time": where.from_time or 0, "to_time": where.to_time or END_OF_TIME}
    rows = reader.run_text(text, {"project": project, "ids": list(ids), **times, **conditions.parameters})
    by_id = {row["session"]: _session(row) for row in rows}
    return [by_id[session_id] for session_id in ids if session_id in by_id]


def conversation(
    reader: Reader, project: str, session_id: str, *, first_number: int = 1, limit: int = 100
) -> Conversation | None:
    """A session from one of its turns on, or None where there is no such session."""
    found = summed_up(reader, project, TraceFilter(), [session_id])
    if not found:
        return None
    given = {"session_id": session_id, "first_number": first_number, "limit": limit}
    rows = reader.run("session_turns", project=project, **given)
    end = first_number + len(rows)
    return Conversation(
        session=found[0],
        turns=_turns(reader, project, rows),
        first_wrong=_first_wrong(rows),
        next_turn=end if rows and end <= found[0].turns else None,
    )


def _session_ids(
    reader: Reader, project: str, where: TraceFilter, limit: int, cursor: str | None
) -> list[tuple[str, TimeNs]]:
    """(session, latest span): all windows end where the range ends, because later spans of a session move it."""
    cursor_time, (cursor_id,) = read_cursor(cursor, ids=1)
    to_time, lower = where.to_time or END_OF_TIME, where.from_time or 0
    conditions = span_conditions(where)
    text = named.with_conditions(named.query_text("sessions_page"), named.ON_SPANS, conditions.on_spans)
    given = {"project": project, "limit": limit, "to_time": to_time, "cursor_time": cursor_time}
    given |= {"cursor_id": cursor_id} | conditions.parameters
    upper = min(to_time, cursor_time, reader.after_newest(project))
    rows: list[dict[str, Any]] = []
    for from_time in [*(upper - window for window in _WINDOWS_NS if upper - window > lower), lower]:
        rows = reader.run_text(text, {**given, "from_time": from_time})
        if len(rows) >= limit:
            break
    return [(row["session"], row["latest"]) for row in rows]


def _session(row: Mapping[str, Any]) -> Session:
    same = "users services turns calls errors cut_answers blocked dislikes unpriced_calls estimated_calls".split()
    return Session(
        **{name: row[name] for name in same},
        session_id=row["session"],
        user_id=row["first_user"],
        start_time=row["begun"],
        end_time=row["ended"],
        duration_ns=row["ended"] - row["begun"],
        input_tokens=row["tokens_in"],
        output_tokens=row["tokens_out"],
        cost_usd=row["spent_usd"],
    )


def _turns(reader: Reader, project: str, rows: Sequence[Mapping[str, Any]]) -> list[SessionTurn]:
    if not rows:
        return []
    ids = [row["trace_id"] for row in rows]
    since = max(0, rows[0]["begun"] - _DAY_NS)  # a root that names no session may have begun before the calls below it
    said = reader.run("turn_texts", project=project, trace_ids=ids, from_time=since, chars=TEXT_CHARS)
    texts = {row["trace_id"]: row for row in said}
    scores: dict[str, list[Score]] = {}
    for score in reader.scores_of_traces(project, ids):
        scores.setdefault(score.trace_id or "", []).append(score)
    return [_turn(row, texts.get(row["trace_id"], {}), scores.get(row["trace_id"], [])) for row in rows]


def _turn(row: Mapping[str, Any], said: Mapping[str, Any], scores: Sequence[Score]) -> SessionTurn:
    same = "number trace_id calls errors failed_spans cut_answers blocked unpriced_calls estimated_calls".split()
    feedback = [score for score in scores if score.name == "feedback"]
    rated = [score.label if score.value is None else score.value for score in feedback]
    return SessionTurn(
        **{name: row[name] for name in same},
        name=said.get("trace_name") or "",
        start_time=row["begun"],
        duration_ns=row["duration"],
        open_spans=said.get("open_spans", 0),
        is_disliked=bool(row["is_disliked"]),
        feedback=rated[-1] if rated else None,
        comments=[score.comment for score in feedback if score.comment],
        cost_usd=row["spent_usd"],
        cost_so_far_usd=row["spent_so_far"],
        unpriced_so_far=row["unpriced_so_far"],
        question=unwrapped(said.get("question")),
        answer=unwrapped(said.get("answer")),
        failure=said.get("failure") or None,
        guards=said.get("guards", 0),
        objections=[(verdict, name) for verdict, name in said.get("objections", [])],
    )


def _first_wrong(rows: Sequence[Mapping[str, Any]]) -> FirstWrong:
    ways = ("failed", "blocked", "cut", "disliked")
    row = rows[0] if rows else {}
    return FirstWrong(**{way: row.get(f"first_{way}") or None for way in ways})
