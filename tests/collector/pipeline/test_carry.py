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
