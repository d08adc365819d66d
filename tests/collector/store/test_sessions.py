"""Sessions and users are summed up as usage sums them, paged without gaps, and told turn by turn."""

import itertools
from decimal import Decimal
from typing import Any

import otlp
import pytest
from embedded_store import Store
from stored_traces import rag_trace, trace_of

from telltale_collector.errors import BadRequest
from telltale_collector.model import Score, TraceFilter
from telltale_collector.store import sessions, users
from telltale_collector.store.usage import usage
from telltale_collector.store.writer import Rows

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
START = 1_795_000_000 * SECOND
_numbers = itertools.count()


def of(user: str, session: str) -> dict[str, object]:
    return {"user.id": user, "session.id": session}


def dislike(store: Store, trace_id: str | None, session_id: str | None = None, value: float = -1) -> None:
    fields = dict.fromkeys(Score.__dataclass_fields__, None)
    fields |= {"score_id": f"score-{next(_numbers)}", "name": "feedback", "source": "user", "created_at": START}
    score = Score(**fields | {"trace_id": trace_id, "session_id": session_id, "value": value, "comment": "no"})
    store.writer.write(Rows(scores=[(store.project, score, START)]), f"score-{next(_numbers)}")


def listed(store: Store, limit: int = 50, cursor: str | None = None, **where: Any) -> list[sessions.Session]:
    return sessions.sessions(store.reader, store.project, TraceFilter(**where), limit=limit, cursor=cursor)[0]


def ranked(store: Store, order: str = "cost", now_ns: int = START + MINUTE, **where: Any) -> list[users.User]:
    filter_ = TraceFilter(**where)
    return users.users(store.reader, store.project, filter_, now_ns=now_ns, order=order, limit=50).users


@pytest.fixture
def mixed(store: Store) -> Store:
    """Each sort of call: priced, unpriced, estimated, told twice, its session inherited, failed, of no session."""
    store.add(*rag_trace(START, **of("ann", "s1")))
    store.add(
        otlp.llm_span(
            start=START + MINUTE,
            attributes={"gen_ai.response.model": "own", "gen_ai.request.model": "own", **of("ann", "s1")},
        )
    )
    estimated = otlp.llm_span(start=START + 2 * MINUTE, attributes=of("ben", "s2"))
    del estimated["attributes"]["gen_ai.usage.input_tokens"], estimated["attributes"]["gen_ai.usage.output_tokens"]
    store.add(estimated)
    outer = otlp.llm_span(start=START + 3 * MINUTE, attributes=of("ben", "s2"))
    again = outer | {
        "span_id": otlp.new_span_id(),
        "parent": outer["span_id"],
        "start": outer["start"] + SECOND // 10,
        "end": outer["end"] - SECOND // 10,
    }
    store.add(outer, again)
    store.add(outer, again)
    store.add(otlp.llm_span(start=START + 4 * MINUTE, status=(2, "429"), attributes=of("cem", "s3")))
    store.add(otlp.llm_span(start=START + 5 * MINUTE))
    return store


COMMON = ("calls", "errors", "input_tokens", "output_tokens", "cost_usd", "unpriced_calls", "estimated_calls")


@pytest.mark.parametrize(
    "where",
    [{}, {"service": "test-app"}, {"from_time": START + MINUTE, "to_time": START + 4 * MINUTE}, {"user_id": "ben"}],
)
def test_sessions_and_users_have_the_numbers_of_usage(mixed: Store, where: dict[str, Any]) -> None:
    filter_ = TraceFilter(**where)
    for key, shown in (("session_id", listed(mixed, **where)), ("user_id", ranked(mixed, **where))):
        rows = usage(mixed.reader, mixed.project, filter_, [key], None)
        expected = {row[key]: (*(row[name] for name in COMMON), row["guard_block"]) for row in rows if row[key]}
        assert expected
        assert {
            getattr(each, key): (*(getattr(each, name) for name in COMMON), each.blocked) for each in shown
        } == expected


def test_the_numbers_cover_each_sort_of_call(mixed: Store) -> None:
    by_id = {each.session_id: each for each in listed(mixed)}
    assert (by_id["s1"].turns, by_id["s1"].calls, by_id["s1"].unpriced_calls) == (2, 2, 1)
    assert (by_id["s2"].turns, by_id["s2"].calls, by_id["s2"].estimated_calls) == (2, 2, 1)
    assert (by_id["s3"].errors, by_id["s3"].user_id, by_id["s3"].services) == (1, "cem", ["test-app"])


def test_a_session_without_a_price_costs_none_rather_than_nothing(store: Store) -> None:
    own = {"gen_ai.request.model": "own", "gen_ai.response.model": "own"}
    store.add(otlp.llm_span(start=START, attributes={**own, **of("ann", "s")}))
    (session,), (user,) = listed(store), ranked(store)
    assert (session.cost_usd, session.unpriced_calls, user.cost_usd, user.change_usd) == (None, 1, None, None)


def test_pages_give_every_session_once_the_latest_first(store: Store) -> None:
    for at in range(9):
        store.add(otlp.span(start=START - at * 20 * MINUTE, attributes={"session.id": f"s{at}"}))
    store.add(otlp.span(start=START - 200 * MINUTE, attributes={"session.id": "s0"}))  # s0 began first, and goes on
    store.add(*(otlp.span(start=START - 5 * 20 * MINUTE, attributes={"session.id": f"t{at}"}) for at in range(3)))
    found: list[str] = []
    cursor = None
    while True:
        page, cursor = sessions.sessions(store.reader, store.project, TraceFilter(), limit=2, cursor=cursor)
        found += [each.session_id for each in page]
        if cursor is None:
            break
    assert found == ["s0", "s1", "s2", "s3", "s4", "t2", "t1", "t0", "s5", "s6", "s7", "s8"]


def test_dislikes_count_turns_and_the_session_as_a_whole(store: Store) -> None:
    first, second = rag_trace(START, **of("ann", "s")), rag_trace(START + MINUTE, **of("ann", "s"))
    store.add(*first, *second)
    dislike(store, trace_of(*first))
    dislike(store, trace_of(*first))
    dislike(store, trace_of(*second), value=1)
    assert (listed(store)[0].dislikes, ranked(store)[0].dislikes) == (1, 1)
    dislike(store, None, "s")
    assert (listed(store)[0].dislikes, ranked(store)[0].dislikes) == (2, 1)


def test_a_conversation_is_told_turn_by_turn_with_the_cost_so_far(mixed: Store) -> None:
    found = sessions.conversation(mixed.reader, mixed.project, "s1")
    assert found is not None
    assert [(turn.number, turn.question, turn.answer) for turn in found.turns] == [
        (1, "What is ClickHouse?", "A database."),
        (2, "What is ClickHouse?", "A database."),
    ]
    assert [(turn.cost_usd, turn.cost_so_far_usd, turn.unpriced_so_far) for turn in found.turns] == [
        (Decimal("0.00021"), Decimal("0.00021"), 0),
        (None, Decimal("0.00021"), 1),
    ]
    assert found.turns[0].objections == [("flag", "pii")]
    assert found.next_turn is None


def test_where_a_conversation_went_wrong_is_known_from_every_part_of_it(store: Store) -> None:
    turns = [rag_trace(START + at * MINUTE, **of("ann", "s")) for at in range(6)]
    turns[1][2] |= {"status": (2, "429: rate limit")}
    turns[2][1]["attributes"]["telltale.guard.verdict"] = "block"
    turns[3][2]["attributes"]["gen_ai.response.finish_reasons"] = ["length"]
    store.add(*itertools.chain(*turns))
    dislike(store, trace_of(*turns[4]))
    for first_number in (1, 5):
        found = sessions.conversation(store.reader, store.project, "s", first_number=first_number, limit=2)
        assert found is not None
        wrong = found.first_wrong
        assert (wrong.failed, wrong.blocked, wrong.cut, wrong.disliked) == (2, 3, 4, 5)
    whole = sessions.conversation(store.reader, store.project, "s")
    assert whole is not None
    assert whole.turns[1].failure == "429: rate limit"
    assert [turn.comments for turn in whole.turns] == [[], [], [], [], ["no"], []]
    assert whole.session.cut_answers == 1


def test_a_long_conversation_comes_in_parts_without_gaps(store: Store) -> None:
    store.add(*(otlp.llm_span(start=START + at * SECOND, attributes=of("ann", "s")) for at in range(25)))
    numbers: list[int] = []
    first: int | None = 1
    while first is not None:
        found = sessions.conversation(store.reader, store.project, "s", first_number=first, limit=10)
        assert found is not None
        numbers += [turn.number for turn in found.turns]
        assert found.turns[-1].cost_so_far_usd == Decimal("0.00021") * numbers[-1]
        first = found.next_turn
    assert numbers == list(range(1, 26))


def test_there_is_no_conversation_of_an_unknown_session(store: Store) -> None:
    assert sessions.conversation(store.reader, store.project, "nobody's") is None


def test_users_are_compared_with_the_period_before(store: Store) -> None:
    for at in (-90, -30, -20):
        store.add(otlp.llm_span(start=START + at * MINUTE, attributes=of("ann", "s")))
    store.add(otlp.llm_span(start=START - 10 * MINUTE, attributes=of("ben", "t")))
    found = {user.user_id: user for user in ranked(store, now_ns=START, from_time=START - 60 * MINUTE)}
    assert (found["ann"].calls, found["ann"].calls_before, found["ann"].change_usd) == (2, 1, Decimal("0.00021"))
    assert (found["ben"].cost_before_usd, found["ben"].change_usd) == (None, Decimal("0.00021"))
    assert [user.change_usd for user in ranked(store, now_ns=START)] == [None, None]  # ever: there is nothing before


@pytest.mark.parametrize("order", users.ORDERS)
def test_users_come_in_the_order_asked_for(mixed: Store, order: str) -> None:
    field = {"cost": "cost_usd", "latest": "end_time", "change": "cost_usd"}.get(order, order)
    where = {"from_time": START - MINUTE} if order == "change" else {}
    found = [getattr(user, field) for user in ranked(mixed, order, now_ns=START + 10 * MINUTE, **where)]
    assert len(found) == 3
    assert found == sorted(found, reverse=True)


def test_an_unknown_order_is_refused(store: Store) -> None:
    with pytest.raises(BadRequest, match="no order"):
        ranked(store, "user; DROP TABLE spans")
