"""A span that comes again with a start in another hour is stored once, whatever happens in between."""

import time

import otlp
import pytest
from embedded_store import Store

from telltale_collector.decode import Media, check_traces
from telltale_collector.store.client import Client
from telltale_collector.store.writer import Rows
from telltale_collector.wal import Record, Signal

HOUR_NS = 3600 * 1_000_000_000


@pytest.fixture(params=[False, True], ids=["read here", "read ahead"])
def store(client: Client, project: str, request: pytest.FixtureRequest) -> Store:
    return Store(client, project, encoded=request.param)


def rows_of(store: Store, sent: dict, received_at: int) -> Rows:
    payload = check_traces(otlp.traces_body(sent), Media.PROTOBUF).payload
    return store.settler.settle([Record(received_at, Signal.TRACES, 1, store.project, payload)])


def starts_of(store: Store, sent: dict) -> list[int]:
    return [span.start_time for span in store.reader.trace(store.project, sent["trace_id"]).spans]


def at(sent: dict, start: int) -> dict:
    return {**sent, "start": start, "end": start + 1_000_000}


def test_stored_batches_that_are_stored_again_after_a_crash_remove_nothing_newer(store: Store) -> None:
    now = time.time_ns() // HOUR_NS * HOUR_NS + 30 * 60 * 1_000_000_000
    before = at(otlp.llm_span(), now - HOUR_NS)
    after = at(before, now)
    store.writer.write(rows_of(store, before, 1_000), f"{store.project}-a")
    store.writer.write(rows_of(store, after, 2_000), f"{store.project}-b")
    assert starts_of(store, after) == [now]
    store.writer.write(rows_of(store, before, 1_000), f"{store.project}-a")  # the same tokens again
    store.writer.write(rows_of(store, after, 2_000), f"{store.project}-b")
    assert starts_of(store, after) == [now]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_kill_between_the_new_row_and_the_end_of_the_old_one_leaves_no_second_one(store: Store, hours: int) -> None:
    now = time.time_ns() // HOUR_NS * HOUR_NS + 30 * 60 * 1_000_000_000
    before = at(otlp.llm_span(), now)
    after = at(before, now + hours * HOUR_NS)
    store.writer.write(rows_of(store, before, 1_000), f"{store.project}-c")
    killed = rows_of(store, after, 2_000)
    killed.moved = []
    store.writer.write(killed, f"{store.project}-d")
    store.writer.write(rows_of(store, after, 2_000), f"{store.project}-d")
    assert starts_of(store, after) == [now + hours * HOUR_NS]


def test_older_versions_in_the_hour_that_was_left_do_not_come_back(store: Store) -> None:
    now = time.time_ns() // HOUR_NS * HOUR_NS + 30 * 60 * 1_000_000_000
    first = at(otlp.llm_span(), now - HOUR_NS)
    for version, start in enumerate((now - HOUR_NS, now - HOUR_NS + 1, now), start=1):
        store.writer.write(rows_of(store, at(first, start), version * 1_000), f"{store.project}-{version}")
    assert starts_of(store, first) == [now]
