"""Measured values in their units."""

import pytest

from telltale_collector.web.quantity import on_axis, quantity, words


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "—"),
        (float("nan"), "s", "—"),
        (float("inf"), "", "—"),
        (0.83, "s", "830 ms"),
        (1250, "ms", "1.25 s"),
        (0.0123, "USD", "$0.0123"),
        (-2, "$", "-$2.00"),
        (12_345, "{token}", "12.3k tokens"),
        (1, "{token}", "1 token"),
        (3, "tokens", "3 tokens"),
        (2048, "By", "2,048 By"),
        (0.751, "1", "0.751"),
        (-4000, "", "-4,000"),
        (3e20, "{token}", "3e+20 tokens"),
        (1e300, "s", "1e+300 s"),
        (1e-200, "USD", "$0"),
    ],
)
def test_a_quantity_reads_in_its_unit(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0"),
        (5, "s", "5 s"),
        (10, "s", "10 s"),
        (2.5, "s", "2.5 s"),
        (0.05, "s", "50 ms"),
        (120, "s", "2 min 00 s"),
        (0.02, "USD", "$0.02"),
        (1200, "USD", "$1,200"),
        (8000, "{token}", "8,000"),
        (12_500, "{token}", "12.5k"),
        (100_000, "{token}", "100k"),
        (7.5, "1", "7.5"),
    ],
)
def test_an_axis_has_no_words_and_no_idle_zeros(value: float, unit: str, text: str) -> None:
    assert on_axis(value, unit) == text


def test_a_unit_is_said_in_words() -> None:
    assert [words(unit) for unit in ("{token}", "1", "", "By", "token", "{call}s")] == [
        "tokens",
        "",
        "",
        "By",
        "tokens",
        "call}s",
    ]
