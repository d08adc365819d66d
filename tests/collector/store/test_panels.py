"""SQL of boards: what comes back, and what it cannot do."""

from decimal import Decimal

import pytest

from telltale_collector.errors import StoreError
from telltale_collector.store import panels
from telltale_collector.store.client import Client
from telltale_collector.store.panels import run_panel
from telltale_collector.store.reader import Reader

S = 1_000_000_000
NOON = 1_795_435_200 * S


@pytest.fixture
def reader(client: Client) -> Reader:
    return Reader(client)


def test_times_are_nanoseconds_whatever_their_type(reader: Reader) -> None:
    moment = "fromUnixTimestamp64Nano({from_time:Int64})"
    answer = run_panel(
        reader,
        f"""
        SELECT {moment} AS exact, toDateTime({moment}) AS seconds, toDateTime64({moment}, 3) AS milliseconds,
            toNullable({moment}) AS maybe,
            toStartOfInterval({moment}, toIntervalSecond({{interval_s:UInt32}})) AS step
        """,
        {"from_time": NOON + 1_234_567_891, "interval_s": 60},
    )
    assert answer.times == ["exact", "seconds", "milliseconds", "maybe", "step"]
    assert answer.rows == [
        {
            "exact": NOON + 1_234_567_891,
            "seconds": NOON + S,
            "milliseconds": NOON + 1_234_000_000,
            "maybe": NOON + 1_234_567_891,
            "step": NOON,
        }
    ]


def test_numbers_and_texts_are_told_apart(reader: Reader) -> None:
    answer = run_panel(
        reader,
        "SELECT 1 AS whole, toNullable(0.5) AS part, toDecimal64('0.25', 4) AS money, toLowCardinality('x') AS text",
        {},
    )
    assert answer.columns == ["whole", "part", "money", "text"]
    assert answer.numbers == ["whole", "part", "money"]
    assert answer.rows == [{"whole": 1, "part": 0.5, "money": Decimal("0.25"), "text": "x"}]
    assert answer.took_ns > 0


def test_what_is_no_finite_number_is_unknown(reader: Reader) -> None:
    answer = run_panel(reader, "SELECT 1 / 0 AS infinite, 0 / 0 AS none, CAST(NULL, 'Nullable(Float64)') AS null", {})
    assert answer.rows == [{"infinite": None, "none": None, "null": None}]


def test_parameters_that_a_query_does_not_use_are_left_out(reader: Reader) -> None:
    answer = run_panel(reader, "SELECT {service:Array(String)} AS chosen", {"service": ["a'b"], "model": ["c"]})
    assert answer.rows == [{"chosen": ["a'b"]}]


@pytest.mark.parametrize("statement", ["CREATE TABLE panels_wrote (a Int8) ENGINE = Memory", "TRUNCATE TABLE spans"])
def test_nothing_is_changed(reader: Reader, statement: str) -> None:
    with pytest.raises(StoreError, match="readonly"):
        run_panel(reader, statement, {})


def test_too_many_rows_are_refused_with_what_to_do(reader: Reader) -> None:
    with pytest.raises(StoreError, match="more than 20,000 rows") as refused:
        run_panel(reader, f"SELECT number FROM numbers({panels.MAX_ROWS + 1})", {})
    assert "shorter time range" in refused.value.hint


def test_rows_that_are_only_read_are_not_counted(reader: Reader) -> None:
    answer = run_panel(
        reader, "SELECT count() AS n FROM numbers(10) WHERE number IN (SELECT number FROM numbers(90000))", {}
    )
    assert answer.rows == [{"n": 10}]


def test_what_takes_too_long_is_ended_with_what_to_do(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(panels._SETTINGS, "max_execution_time", 1)
    with pytest.raises(StoreError, match="took longer") as refused:
        run_panel(reader, "SELECT sum(sleepEachRow(1)) FROM numbers(60) SETTINGS max_block_size = 1", {})
    assert "shorter time range" in refused.value.hint


def test_what_the_engine_refuses_says_why(reader: Reader) -> None:
    with pytest.raises(StoreError, match="no_such_table"):
        run_panel(reader, "SELECT 1 FROM no_such_table", {})
