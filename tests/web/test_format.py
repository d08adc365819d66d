import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.web import format as formats

SECOND = 1_000_000_000
NOON = 1_769_860_800 * SECOND  # 2026-01-31T12:00:00Z


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        ("0", "$0"),
        ("1.24", "$1.24"),
        ("1234.5", "$1,234.50"),
        ("0.0123", "$0.0123"),
        ("0.01", "$0.0100"),
        ("0.001234567", "$0.00123"),
        ("0.00033", "$0.00033"),
        ("0.00000028", "$0.00000028"),
        ("-0.5", "-$0.5000"),
    ],
)
def test_money_is_shown_at_the_precision_that_readers_compare_by(amount: str | None, text: str) -> None:
    assert formats.usd(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        ("0.000000", "$0"),
        ("0.000123450001", "$0.000123450001"),
        ("12.500000", "$12.5"),
        ("1E-7", "$0.0000001"),
        ("1000", "$1,000"),
        ("-0.25", "-$0.25"),
    ],
)
def test_exact_money_keeps_every_digit(amount: str | None, text: str) -> None:
    assert formats.usd_exact(None if amount is None else Decimal(amount)) == text


def test_no_price_reads_differently_from_no_calls() -> None:
    assert formats.cost(None, unpriced_calls=2) == "unpriced"
    assert formats.cost(None, unpriced_calls=0) == "—"
    assert formats.cost(Decimal("0.5"), unpriced_calls=2) == "$0.5000"


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (None, "—"),
        (0, "0 ns"),
        (999, "999 ns"),
        (42_000, "42 \N{MICRO SIGN}s"),
        (999_600, "1.00 ms"),
        (4_210_000, "4.21 ms"),
        (830_000_000, "830 ms"),
        (999_600_000, "1.00 s"),
        (1_240_000_000, "1.24 s"),
        (59_960_000_000, "1 min 00 s"),
        (125 * SECOND, "2 min 05 s"),
        (3_840 * SECOND, "1 h 04 min"),
        (-5_000_000, "-5.00 ms"),
    ],
)
def test_durations_have_three_digits_and_a_unit(duration_ns: int | None, text: str) -> None:
    assert formats.duration(duration_ns) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "—"),
        (0, "0"),
        (9_120, "9,120"),
        (12_340, "12.3k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (4_560_000, "4.56M"),
        (2_000_000_000, "2.00G"),
        (5_000_000_000_000, "5.00T"),
    ],
)
def test_counts_fit_a_cell(number: int | None, text: str) -> None:
    assert formats.count(number) == text


def test_times_are_utc_to_the_nanosecond() -> None:
    assert formats.exact_time(NOON + 123_456_789) == "2026-01-31 12:00:00.123 UTC"
    assert formats.iso_time(NOON + 123_456_789) == "2026-01-31T12:00:00.123456789Z"


def test_the_clock_names_the_date_only_on_other_days() -> None:
    assert formats.clock(NOON, NOON + 3_600 * SECOND) == "12:00:00"
    assert formats.clock(NOON, NOON + 86_400 * SECOND) == "Jan 31 12:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (12, "12 s ago"),
        (200, "3 min ago"),
        (7_300, "2 h ago"),
        (86_400 * 5, "5 d ago"),
        (-30, "in 30 s"),
    ],
)
def test_relative_times(seconds: int, text: str) -> None:
    assert formats.ago(NOON, NOON + seconds * SECOND) == text


def test_a_preview_is_one_line() -> None:
    assert formats.preview("a\n\n  b", 10) == "a b"
    assert formats.preview("word " * 10, 12) == "word word w…"
    assert formats.preview(None, 5) == ""


def test_a_clipped_text_says_what_is_missing() -> None:
    assert formats.clip("abc", 3) == "abc"
    assert formats.clip("x" * 1_500, 100) == "x" * 100 + "… (1,400 more characters)"


def test_json_is_laid_out_in_lines_that_fit() -> None:
    assert formats.pretty_json('{"a":[1,2],"b":"x"}') == '{"a": [1, 2], "b": "x"}'
    long = ["y" * 40] * 2
    assert formats.pretty_json({"list": long, "k": 1}) == (
        '{\n  "list": [\n    "' + "y" * 40 + '",\n    "' + "y" * 40 + '"\n  ],\n  "k": 1\n}'
    )


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_laying_out_json_keeps_what_it_says(value: object) -> None:
    text = formats.pretty_json([value])
    assert json.loads(text) == [value]


def test_text_that_is_no_json_is_left_alone() -> None:
    assert formats.pretty_json("[not json") == "[not json"
    assert formats.pretty_json("42") == "42"
    assert formats.pretty_json("[" * 100_000) == "[" * 100_000


def test_the_pace_counts_from_the_first_token() -> None:
    assert formats.tokens_per_second(101, 3 * SECOND, SECOND) == "50.0 tok/s"
    assert formats.tokens_per_second(101, SECOND, SECOND) is None
    assert formats.tokens_per_second(101, SECOND, None) is None
    assert formats.tokens_per_second(1, 3 * SECOND, SECOND) is None


def test_scores_and_labels() -> None:
    assert formats.decimal(0.81234567) == "0.8123"
    assert formats.decimal(1.0) == "1"
    assert formats.decimal("good") == "good"
    assert formats.decimal(None) == "—"
