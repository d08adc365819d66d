"""What Python writes is what the tables have; every migration is applied once; every query runs."""

import itertools
from importlib.resources import files

import pytest

from telltale_collector.errors import StartError
from telltale_collector.model import (
    Acknowledgement,
    Amounts,
    Budget,
    BudgetFilter,
    Call,
    DeadLetter,
    LogEvent,
    MetricPoint,
    RawSpan,
    Receiver,
    Score,
    Settled,
    Silence,
    Tally,
)
from telltale_collector.store import alert_delivery, rows
from telltale_collector.store.budgets import budget_columns
from telltale_collector.store.client import Client
from telltale_collector.store.ledger import ledger_columns
from telltale_collector.store.metric_rows import metric_point_columns
from telltale_collector.store.migrate import migrate, migrations
from telltale_collector.store.named import query_text

RAW = RawSpan("ab" * 16, "cd" * 8, None, "n", 1, 0, 0, 0, "", "", "", "", {}, {}, [], [], {})
POINT = MetricPoint(
    name="n",
    description="",
    unit="",
    type="gauge",
    temporality=None,
    is_monotonic=False,
    series_id="",
    start_time=0,
    time=0,
    flags=0,
)
BUDGET = Budget(name="n", filter=BudgetFilter(), limit=Amounts(), window="day", window_s=None, action="warn", route={})
HOOK = Receiver(project="p", name="n", channel="webhook", address="a")
SILENCE = Silence(project="p", id="i", matchers=[], starts_at_ns=0, ends_at_ns=0, created_by="", comment="")
KNOWN = Acknowledgement(project="p", fingerprint="f", created_by="", comment="", at_ns=0)
WRITTEN = {
    "alert_receivers": alert_delivery.receiver_columns(HOOK, 0, is_removed=False),
    "alert_silences": alert_delivery.silence_columns(SILENCE, 0, is_removed=False),
    "alert_acknowledgements": alert_delivery.acknowledgement_columns(KNOWN),
    "alert_told": alert_delivery.told_columns(HOOK, [], 0),
    "budgets": budget_columns("p", BUDGET, 0, is_removed=False),
    "spans": rows.span_columns([Settled("p", RAW, None, Call(), 0)]),
    "dead_letters": rows.dead_letter_columns([DeadLetter("p", "traces", "why", b"", 0)]),
    "ledger": ledger_columns([Tally("p", 0, "traces", "stored", "", 1)], "log", 1),
    "log_events": rows.log_event_columns([("p", LogEvent("e", "t", "s", "n", 0, {}, None, "", {}), 0)]),
    "metric_points": metric_point_columns([("p", POINT, 0)]),
    "scores": rows.score_columns(
        [("p", Score(**dict.fromkeys(Score.__dataclass_fields__, None) | {"created_at": 0}), 0)]
    ),
}
QUERIES = sorted(path.name.removesuffix(".sql") for path in (files("telltale_collector.store") / "queries").iterdir())
PARAMETERS = {
    "receiver": "p/hook/1",
    "fingerprint": "f",
    "fingerprints": ["f"],
    "rule": "",
    "over_after": 0,
    "id": "",
    "ids": ["0" * 32],
    "project": "p",
    "trace_id": "ab" * 16,
    "span_id": "cd" * 8,
    "start_time": 0,
    "received_at": 0,
    "session_id": "",
    "name": "",
    "trace_ids": ["ab" * 16],
    "span_ids": ["cd" * 8],
    "from_time": 0,
    "to_time": 2**63 - 1,
    "middle_time": 1,
    "cursor_time": 2**63 - 1,
    "cursor_id": "g",
    "cursor_trace": "g",
    "cursor_span": "g",
    "with_guards": True,
    "hour": 1_795_000_000 // 3600 * 3600,
    "generation": 1,
    "hours": [0],
    "generations": [1],
    "type": "histogram",
    "unit": "s",
    "keys": ["service"],
    "service": "",
    "environment": "",
    "step_s": 60,
    "first_time": 0,
    "limit": 10,
    "chars": 100,
    "first_number": 1,
    "log": "log",
    "table": "spans",
    "user_id": "",
    "model": "",
    "prompt_name": "",
    "tag": "",
}


@pytest.mark.parametrize("table", WRITTEN)
def test_the_columns_that_are_written_are_the_columns_of_the_table(client: Client, table: str) -> None:
    found = client.query(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
        " AND default_kind != 'ALIAS'",
        {"table": table},
        {},
    )
    assert {row["name"] for row in found} == set(WRITTEN[table])


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_runs_as_it_stands_in_its_file(client: Client, name: str) -> None:
    text = query_text(name)
    assert text.startswith("-- "), "say what the query gives"
    used = {key: value for key, value in PARAMETERS.items() if f"{{{key}:" in text}
    statement = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    if statement.startswith(("INSERT", "DELETE")):
        client.execute(text, used)
    else:
        client.query(text, used, {"prefer_column_name_to_alias": 1})


def test_migrations_are_numbered_in_order_and_applied_once(client: Client) -> None:
    assert [name[:4] for name in migrations()] == [f"{at:04d}" for at in range(1, len(migrations()) + 1)]
    assert migrate(client) == []


def test_a_migration_whose_record_was_lost_is_applied_again(client: Client) -> None:
    for statement in itertools.chain(*migrations().values()):
        client.command(statement)
    assert migrate(client) == []


KEPT_BATCHES = 10_000
"""More than ten minutes of inserts hold: what the log keeps for the case that the machine loses its disk's cache."""


@pytest.mark.parametrize("table", WRITTEN)
def test_a_batch_is_known_again_after_all_the_batches_that_the_log_keeps(client: Client, table: str) -> None:
    (row,) = client.query(
        "SELECT extract(create_table_query, 'non_replicated_deduplication_window = ([0-9]+)') AS window"
        " FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
        {},
    )
    assert int(row["window"]) >= KEPT_BATCHES


def test_a_longer_memory_for_tokens_holds_at_once(client: Client) -> None:
    client.command(
        "CREATE TABLE window (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 2"
    )
    client.command("ALTER TABLE window MODIFY SETTING non_replicated_deduplication_window = 10")
    for number in (*range(9), 0):
        client.insert("window", {"n": [number]}, f"window-{number}")
    assert client.query("SELECT count() AS n FROM window", {}, {}) == [{"n": 9}]
    client.command("DROP TABLE window")


def test_a_store_of_a_newer_version_is_left_alone(client: Client) -> None:
    client.insert("schema_migrations", {"name": ["9999_future"]}, token="future")
    try:
        with pytest.raises(StartError, match="9999_future"):
            migrate(client)
    finally:
        client.command("DELETE FROM schema_migrations WHERE name = '9999_future'")


def test_a_store_that_cannot_be_reached_says_so_without_the_password() -> None:
    with pytest.raises(StartError) as refused:
        Client("clickhouse://user:hunter2@127.0.0.1:1/db")
    assert "cannot open the store" in refused.value.message
    assert "hunter2" not in refused.value.message
