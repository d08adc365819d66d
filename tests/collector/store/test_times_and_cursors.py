import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.errors import BadRequest
from telltale_collector.store.cursors import END_OF_TIME, read_cursor, write_cursor
from telltale_collector.store.times import read_time, write_time

NOW = 1_800_000_000_000_000_000


@given(st.integers(0, 2**63 - 1))
def test_a_time_that_is_written_is_read_to_the_nanosecond(time_ns: int) -> None:
    assert read_time(write_time(time_ns), 0) == time_ns


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("now", NOW),
        ("now-15m", NOW - 900 * 10**9),
        ("now-2d", NOW - 172_800 * 10**9),
        ("now-9999999w", 0),
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01", 0),
        ("1969-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", 2**63 - 1),
        ("2026-01-31T12:00:00.123456789Z", 1_769_860_800_123_456_789),
    ],
)
def test_times_are_read_as_users_write_them(text: str, time_ns: int) -> None:
    assert read_time(text, NOW) == time_ns


@pytest.mark.parametrize("text", ["", "yesterday", "now-1y", "now-", "2026-13-01", "12"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_time(text, NOW)
    assert "now-1h" in refused.value.hint


@given(st.integers(0, END_OF_TIME), st.text(max_size=32), st.text(max_size=16))
def test_a_cursor_that_is_written_is_read(time: int, trace_id: str, span_id: str) -> None:
    assert read_cursor(write_cursor(time, trace_id, span_id), ids=2) == (time, [trace_id, span_id])


@pytest.mark.parametrize("cursor", ["x", "%%%", "bnVsbA", "WzFd", "é" * 8])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest, match="not a cursor"):
        read_cursor(cursor, ids=1)
