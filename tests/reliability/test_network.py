"""The network between collector and store fails in every way: an error that is waited out, never a wrong answer."""

import random
from collections.abc import Iterator

import pytest
from chaos_proxy import NO_FAULTS, ChaosProxy, Faults

from telltale_collector.errors import StartError, StoreError
from telltale_collector.store.client import Client

QUERY = """
SELECT number, toString(number) AS text, [number] AS list, map('key', number) AS map, toNullable(1.5) AS share,
    toDateTime64('2026-01-01 00:00:00.123456789', 9, 'UTC') AS time, toLowCardinality(toString(number % 3)) AS word
FROM numbers({rows:UInt64})
"""
ROWS = {"rows": 20}


@pytest.fixture
def client(proxy: ChaosProxy) -> Iterator[Client]:
    made = Client(f"clickhouse://127.0.0.1:{proxy.port}", readers=1, timeout_s=1)
    made.command(
        "CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n "
        "SETTINGS non_replicated_deduplication_window = 100"
    )
    yield made
    proxy.break_with(NO_FAULTS)
    made.close()


def test_an_answer_that_is_cut_anywhere_is_an_error_and_never_a_wrong_answer(
    client: Client, proxy: ChaosProxy, chance: random.Random
) -> None:
    whole = client.query(QUERY, ROWS, {})
    for size in [0, 1, *sorted(chance.sample(range(2, 1200), 20))]:
        proxy.break_with(Faults(cut_answered=size))
        with pytest.raises(StoreError) as refused:
            client.query(QUERY, ROWS, {})
        assert not refused.value.permanent
    proxy.break_with(NO_FAULTS)
    assert client.query(QUERY, ROWS, {}) == whole


def test_an_insert_that_is_cut_anywhere_can_be_repeated(
    client: Client, proxy: ChaosProxy, chance: random.Random
) -> None:
    columns = {"n": list(range(100_000))}
    for at, size in enumerate(chance.sample(range(100, 300_000), 12)):
        proxy.break_with(Faults(cut_sent=size))
        with pytest.raises(StoreError) as refused:
            client.insert("numbers", columns, f"token-{at}")
        assert not refused.value.permanent, refused.value.message
        proxy.break_with(NO_FAULTS)
        client.insert("numbers", columns, f"token-{at}")
        client.insert("numbers", columns, f"token-{at}")
    assert client.query("SELECT count() AS n FROM numbers", {}, {}) == [{"n": 12 * 100_000}]


@pytest.mark.parametrize(
    "faults",
    [Faults(refuse=True), Faults(hang=True), Faults(delay_s=3), Faults(bytes_per_s=100), Faults(half_close=True)],
    ids=["refused", "hanging", "late", "slow", "half closed"],
)
def test_a_store_that_is_out_of_reach_is_an_error_to_wait_out(
    client: Client, proxy: ChaosProxy, faults: Faults
) -> None:
    proxy.break_with(faults)
    with pytest.raises(StoreError) as refused:
        client.insert("numbers", {"n": list(range(100_000))}, "token")
    assert not refused.value.permanent, refused.value.message
    proxy.break_with(NO_FAULTS)
    client.insert("numbers", {"n": [1]}, "token-later")


def test_a_value_that_does_not_fit_is_a_refused_row_over_the_network_too(client: Client) -> None:
    for value in ("no number", -1, 2**64):
        with pytest.raises(StoreError) as refused:
            client.insert("numbers", {"n": [1, value]}, f"bad-{value}")
        assert refused.value.permanent
    client.command("ALTER TABLE numbers ADD CONSTRAINT small CHECK n < 1000")
    with pytest.raises(StoreError, match="Constraint") as refused:
        client.insert("numbers", {"n": [1, 1000]}, "refused")
    assert refused.value.permanent
    assert client.query("SELECT count() AS n FROM numbers", {}, {}) == [{"n": 0}]


def test_a_store_that_is_out_of_reach_at_the_start_is_said_in_one_line(proxy: ChaosProxy) -> None:
    proxy.break_with(Faults(hang=True))
    with pytest.raises(StartError, match="cannot open the store clickhouse"):
        Client(f"clickhouse://127.0.0.1:{proxy.port}", readers=1, timeout_s=1)
