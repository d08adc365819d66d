"""Roll-ups never change a sum: with them and without, usage says the same, whatever came late, twice or was mended."""

import random

import otlp
import pytest
from embedded_store import Store

from telltale_collector.model import TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.rolled import CLOSED_AFTER_S, HOUR_S, RolledHours
from telltale_collector.store.usage import usage

SECOND = 1_000_000_000
HOUR = HOUR_S * SECOND
BEGIN = 1_795_000_000 // HOUR_S * HOUR
LATER = BEGIN + 100 * HOUR
QUESTIONS = [([], None), (["model"], None), (["service"], "1h"), (["kind", "model"], "15m"), (["prompt_name"], "1d")]


def call_at(hour: int, **fields: object) -> dict:
    start = BEGIN + hour * HOUR + 600 * SECOND
    return otlp.llm_span(start=start, end=start + 2 * SECOND, **fields)


def sums(
    store: Store, keys: list[str], interval: str | None, rolled: RolledHours | None, **where: object
) -> list[dict]:
    rows = usage(store.reader, store.project, TraceFilter(**where), keys, interval, rolled)
    return sorted(
        (
            {
                name: value
                for name, value in row.items()
                if "_duration_ns" not in name and "_ttft_ns" not in name and name != "percentiles"
            }
            for row in rows
        ),
        key=str,
    )


def assert_same(store: Store, **where: object) -> None:
    for keys, interval in QUESTIONS:
        assert sums(store, keys, interval, store.rolled, **where) == sums(store, keys, interval, None, **where)


def test_sums_are_equal_with_and_without_roll_ups(store: Store) -> None:
    rng = random.Random(5)
    models = ["gpt-4o-mini", "gpt-4o", "unknown-model"]
    guard = {"telltale.span.kind": "guardrail", "telltale.guard.name": "g", "telltale.guard.verdict": "block"}
    for _ in range(3):
        calls = [
            call_at(
                rng.randrange(8),
                status=(rng.choice([0, 2]), ""),
                attributes={"gen_ai.request.model": (m := rng.choice(models)), "gen_ai.response.model": m},
            )
            for _ in range(20)
        ]
        store.add(*calls, otlp.span(start=BEGIN + rng.randrange(8) * HOUR, attributes=guard))
        assert store.rolled.roll_due(LATER) > 0
        assert_same(store)
    assert len(store.rolled.holding(store.project, 0, LATER)) == 8
    assert_same(store, from_time=BEGIN + HOUR // 2, to_time=BEGIN + 7 * HOUR + HOUR // 3)
    assert_same(store, model="gpt-4o")
    assert_same(store, service="test-app", kind="llm")


def test_a_late_span_is_counted_at_once_and_rolled_up_later(store: Store) -> None:
    store.add(*(call_at(hour) for hour in range(5)))
    store.rolled.roll_due(LATER)
    store.add(call_at(2))
    assert len(store.rolled.holding(store.project, 0, LATER)) == 4
    assert sums(store, [], None, store.rolled)[0]["calls"] == 6
    store.rolled.roll_due(LATER)
    assert len(store.rolled.holding(store.project, 0, LATER)) == 5
    assert sums(store, [], None, store.rolled)[0]["calls"] == 6


def test_a_span_sent_again_after_the_roll_is_still_counted_once(store: Store) -> None:
    calls = [call_at(hour) for hour in range(4)]
    store.add(*calls)
    store.rolled.roll_due(LATER)
    store.add(*calls)
    assert sums(store, [], None, store.rolled)[0]["calls"] == 4
    store.rolled.roll_due(LATER)
    assert sums(store, [], None, store.rolled)[0]["calls"] == 4
    assert_same(store)


def test_an_hour_is_rolled_up_only_when_it_is_over(store: Store) -> None:
    store.add(call_at(0))
    end = BEGIN + HOUR + CLOSED_AFTER_S * SECOND
    assert store.rolled.roll_due(end - SECOND) == 0
    assert store.rolled.roll_due(end) == 1


def test_roll_ups_survive_a_restart_while_their_hours_look_the_same(client: Client, store: Store) -> None:
    store.add(*(call_at(hour) for hour in range(5)))
    store.rolled.roll_due(LATER)
    again = RolledHours(client)
    again.load()
    assert len(again.holding(store.project, 0, LATER)) == 5
    Store(client, store.project).add(call_at(3))  # written by a process that knows nothing of the roll-ups
    after = RolledHours(client)
    after.load()
    assert len(after.holding(store.project, 0, LATER)) == 4
    assert sums(store, [], None, after)[0]["calls"] == 6


def test_spans_that_come_while_an_hour_is_rolled_up_are_not_missed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(*(call_at(hour) for hour in range(4)))
    real = store.rolled._client.execute

    def slow(sql: str, parameters: dict) -> None:
        real(sql, parameters)
        if "INSERT" in sql and parameters["hour"] == BEGIN // SECOND:
            monkeypatch.undo()
            store.add(call_at(0))

    monkeypatch.setattr(store.rolled._client, "execute", slow)
    store.rolled.roll_due(LATER)
    assert len(store.rolled.holding(store.project, 0, LATER)) == 3
    assert sums(store, [], None, store.rolled)[0]["calls"] == 5


def test_percentiles_from_roll_ups_are_close_to_the_exact_ones(store: Store) -> None:
    rng = random.Random(3)
    starts = [BEGIN + rng.randrange(4 * 3600) * SECOND for _ in range(400)]
    store.add(*(otlp.llm_span(start=start, end=start + rng.randrange(1, 5000) * 1_000_000) for start in starts))
    store.rolled.roll_due(LATER)
    (exact,) = usage(store.reader, store.project, TraceFilter(), [], None)
    (rolled,) = usage(store.reader, store.project, TraceFilter(), [], None, store.rolled)
    assert (exact["percentiles"], rolled["percentiles"]) == ("exact", "sketch")
    for name in ("p50_duration_ns", "p95_duration_ns", "p99_duration_ns"):
        assert rolled[name] == pytest.approx(exact[name], rel=0.02)


@pytest.mark.parametrize("start", [0, 4_102_444_800 * SECOND, 2**63 - 2])
def test_spans_of_any_time_are_counted(store: Store, start: int) -> None:
    store.add(*(call_at(hour) for hour in range(4)), otlp.llm_span(start=start, end=start))
    store.rolled.roll_due(LATER)
    assert sums(store, [], None, store.rolled)[0]["calls"] == 5


def test_guards_of_duplicates_are_counted_alike(store: Store) -> None:
    for hour in range(4):
        outer = call_at(hour)
        verdict = {"telltale.guard.name": "g", "telltale.guard.verdict": "block", "telltale.span.kind": "llm"}
        inner = call_at(hour, trace_id=outer["trace_id"], parent=outer["span_id"])
        outer["attributes"] |= verdict
        store.add(outer, inner)
    store.rolled.roll_due(LATER)
    assert_same(store)


def test_rolling_ends_early_when_the_collector_stops(store: Store) -> None:
    store.add(*(call_at(hour) for hour in range(6)))
    asked = iter([False, False, True])
    store.rolled.roll_due(LATER, lambda: next(asked))
    assert len(store.rolled.holding(store.project, 0, LATER)) == 2
