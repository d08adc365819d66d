"""One bad item never stops the others, and is never thrown away."""

import base64
import time

import otlp
import pytest
from embedded_store import Store

from telltale_collector.decode import read_spans
from telltale_collector.errors import StoreError
from telltale_collector.pipeline.carry import Carried, carry
from telltale_collector.store.client import Client
from telltale_collector.wal import Record, Signal


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


@pytest.fixture
def poison(client: Client, project: str):
    """The name of spans that the engine itself refuses."""
    name = f"poison-{project}"
    client.command(f"ALTER TABLE spans ADD CONSTRAINT `no-{name}` CHECK name != '{name}'")
    yield name
    client.command(f"ALTER TABLE spans DROP CONSTRAINT `no-{name}`")


def carried(store: Store, *requests: list[dict], token: str | None = None) -> Carried:
    records = [
        Record(time.time_ns(), Signal.TRACES, len(spans), store.project, otlp.traces_body(*spans)) for spans in requests
    ]
    return carry(store.settler, store.writer, records, token or f"carry-{store.project}-{time.time_ns()}")


def dead_letters(client: Client, store: Store) -> list[dict]:
    return client.query("SELECT * FROM dead_letters WHERE project = {p:String}", {"p": store.project}, {})


def test_a_row_that_the_engine_refuses_is_kept_apart_with_the_reason(client: Client, store: Store, poison: str) -> None:
    good = [otlp.span(f"good {number}") for number in range(9)]
    bad = otlp.span(poison, attributes={"kept": "whole"})
    carried(store, good[:4], [*good[4:6], bad, *good[6:]])
    assert store.reader.stats(store.project).spans == 9
    (letter,) = dead_letters(client, store)
    assert "constraint" in letter["reason"].lower()
    (kept,) = read_spans(base64.b64decode(letter["payload"]))
    assert (kept.name, kept.span_id, kept.attributes) == (poison, bad["span_id"], {"kept": "whole"})


def test_carrying_again_under_the_same_token_changes_nothing(client: Client, store: Store, poison: str) -> None:
    spans = [otlp.span(f"good {number}") for number in range(5)] + [otlp.span(poison)]
    for _ in range(2):
        carried(store, spans, token=f"again-{store.project}")
    assert len(dead_letters(client, store)) == 1
    (row,) = client.query("SELECT count() AS n FROM spans WHERE project = {p:String}", {"p": store.project}, {})
    assert row["n"] == 5


@pytest.fixture
def inserts(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The inserts that reach the engine: table and rows."""
    seen: list[tuple[str, int]] = []
    insert = client.insert

    def counted(table: str, columns: dict, token: str) -> None:
        seen.append((table, len(next(iter(columns.values())))))
        insert(table, columns, token)

    monkeypatch.setattr(client, "insert", counted)
    return seen


@pytest.mark.parametrize("place", [0, 1, 777, 1022, 1023])
def test_one_bad_row_costs_few_inserts_and_no_second_settling(
    store: Store,
    poison: str,
    inserts: list[tuple[str, int]],
    place: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled = []
    settle_span = store.settler.settle_span
    monkeypatch.setattr(store.settler, "settle_span", lambda *given: settled.append(1) or settle_span(*given))
    spans = [otlp.span(poison if at == place else "good") for at in range(1024)]
    done = carried(store, spans[:512], spans[512:])
    assert store.reader.stats(store.project).spans == 1023
    assert len(done.dead_letters) == 1
    assert len(settled) == 1024
    assert len([1 for table, _ in inserts if table == "spans"]) <= 1 + 2 * 10
    assert sum(rows for table, rows in inserts if table == "spans") <= 3 * 1024


def test_of_many_bad_rows_each_is_found(store: Store, poison: str) -> None:
    spans = [otlp.span(poison if at % 7 == 3 else f"good {at}") for at in range(100)]
    done = carried(store, spans)
    bad = {span["span_id"] for span in spans if span["name"] == poison}
    kept = {raw.span_id for letter in done.dead_letters for raw in read_spans(letter.payload)}
    assert kept == bad
    assert store.reader.stats(store.project).spans == 100 - len(bad)


def test_a_bad_score_is_found_beside_good_spans(client: Client, store: Store) -> None:
    client.command(f"ALTER TABLE scores ADD CONSTRAINT `no-{store.project}` CHECK name != 'bad-{store.project}'")
    good = otlp.span("good")
    judged = [
        {
            "event": "gen_ai.evaluation.result",
            "trace_id": good["trace_id"],
            "attributes": {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": 0.5},
        }
        for name in ("good", f"bad-{store.project}", "better")
    ]
    records = [
        Record(time.time_ns(), Signal.TRACES, 1, store.project, otlp.traces_body(good)),
        Record(time.time_ns(), Signal.LOGS, 3, store.project, otlp.logs_body(*judged)),
    ]
    done = carry(store.settler, store.writer, records, f"scores-{store.project}")
    client.command(f"ALTER TABLE scores DROP CONSTRAINT `no-{store.project}`")
    assert [letter.signal for letter in done.dead_letters] == ["logs"]
    assert store.reader.stats(store.project).spans == 1
    (row,) = client.query("SELECT count() AS n FROM scores WHERE project = {p:String}", {"p": store.project}, {})
    assert row["n"] == 2


def test_a_span_that_comes_again_with_another_start_and_is_refused_leaves_the_old_one(
    client: Client, store: Store
) -> None:
    name = f"late-{store.project}"
    first = otlp.span(name, start=time.time_ns() - 7200 * 10**9)
    carried(store, [first])
    client.command(f"ALTER TABLE spans ADD CONSTRAINT `no-{name}` CHECK name != '{name}'")
    done = carried(store, [otlp.span("good"), first | {"start": time.time_ns(), "end": time.time_ns()}])
    client.command(f"ALTER TABLE spans DROP CONSTRAINT `no-{name}`")
    assert len(done.dead_letters) == 1
    trace = store.reader.trace(store.project, first["trace_id"])
    assert trace is not None
    assert [span.start_time for span in trace.spans] == [first["start"]]


def test_a_span_that_our_own_reading_stumbles_over_is_kept_apart_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.settler.settle_span

    def stumble(project, raw, events, received_at):
        if raw.name == "stumble":
            raise KeyError("a fault of ours")
        return real(project, raw, events, received_at)

    monkeypatch.setattr(store.settler, "settle_span", stumble)
    done = carried(store, [otlp.span("good"), otlp.span("stumble")])
    assert [letter.reason for letter in done.dead_letters] == ["KeyError: 'a fault of ours'"]
    assert store.reader.stats(store.project).spans == 1


def test_a_store_that_is_away_is_waited_for_and_nothing_is_set_aside(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise StoreError("connection refused")

    monkeypatch.setattr(store.writer, "write", away)
    with pytest.raises(StoreError, match="refused"):
        carried(store, [otlp.span(), otlp.span()])
    assert dead_letters(client, store) == []


def test_a_value_that_the_driver_cannot_encode_is_a_refused_row(client: Client) -> None:
    with pytest.raises(StoreError) as refused:
        client.insert("rolled_hours", {"project": ["p"], "hour": ["no number"], "generation": [1]}, "bad-value")
    assert refused.value.permanent
