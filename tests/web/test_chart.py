"""Lines on a chart: where they lie, where they break, and what the axes say."""

import pytest

from telltale_collector.web.chart import Chart, Line, draw, frame, values_of

S = 1_000_000_000
NOON = 1_795_435_200 * S
"""2026-11-23, 12:00 UTC."""


def drawn(values: list[float | None], step_s: int = 60, now: int | None = None) -> Chart:
    end = NOON + len(values) * step_s * S
    given = frame(NOON, end, step_s, now or end)
    return draw(given, [Line("calls", 0, values)], lambda value: f"{value:g} each", lambda value: f"{value:g}")


def levels(values: list[float | None]) -> list[str]:
    return [tick.text for tick in drawn(values).up]


def test_a_line_goes_from_left_to_right_and_up_with_its_values() -> None:
    (line,) = drawn([0.0, 5.0, 10.0, 10.0]).lines
    assert line.path == "M125.0 1000.0L375.0 500.0L625.0 0.0L875.0 0.0"
    assert (line.still, line.dots) == ("", "")


def test_a_line_breaks_where_nothing_was_measured_and_a_lone_value_is_a_dot() -> None:
    (line,) = drawn([1.0, 1.0, None, 1.0, None, 1.0, 1.0, 1.0]).lines
    assert line.path.count("M") == 2
    assert line.dots.count("M") == 1


def test_the_step_that_is_not_over_is_drawn_apart() -> None:
    (line,) = drawn([4.0, 4.0, 1.0], now=NOON + 130 * S).lines
    assert line.path.count("L") == 1
    assert line.still.count("L") == 1


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.0, 10.0], ["0", "2.5", "5", "7.5", "10"]),
        ([3.0, 7.9], ["0", "2", "4", "6", "8"]),
        ([0.0, 0.0], ["0", "0.25"]),
        ([None, None], ["0", "0.25", "0.5", "0.75", "1"]),
        ([-5.0, 5.0], ["-5", "-2.5", "0", "2.5", "5"]),
        ([0.00013], ["0", "5e-05", "0.0001", "0.00015"]),
        ([3e-15], ["0", "1e-15", "2e-15", "3e-15"]),
        ([5e-324], ["0", "0.25"]),
        ([1e300], ["0", "2.5e+299", "5e+299", "7.5e+299", "1e+300"]),
    ],
)
def test_the_axis_has_round_levels_that_enclose_all_values(values: list[float | None], wanted: list[str]) -> None:
    assert levels(values) == wanted


def test_times_are_marked_at_round_hours_and_a_new_day_by_its_date() -> None:
    chart = drawn([1.0] * 24, step_s=3600)
    assert [tick.text for tick in chart.across] == ["12:00", "16:00", "20:00", "Nov 24", "04:00", "08:00"]
    assert all(0 <= tick.at < 100 for tick in chart.across)


def test_where_a_pointer_rests_the_step_and_its_values_are_told() -> None:
    chart = drawn([None, 2.0])
    (slot,) = chart.slots
    assert (slot.x, slot.width) == (500.0, 500.0)
    assert slot.text == "Nov 23, 12:01:00 UTC\ncalls: 2 each"


def test_a_frame_begins_at_a_multiple_of_its_step() -> None:
    given = frame(NOON + 61 * S, NOON + 300 * S, 120, NOON + 250 * S)
    assert (given.start, given.count, given.open_from) == (NOON, 3, 2)
    assert given.place(given.time(2)) == 2


def test_amounts_are_nothing_between_two_that_were_counted_and_other_values_unknown() -> None:
    given = frame(NOON, NOON + 300 * S, 60, NOON + 300 * S)
    found = {NOON + 60 * S: 4.0, NOON + 180 * S: 2.0, NOON - 60 * S: 9.0}
    assert values_of(given, found, is_amount=True) == [None, 4.0, 0.0, 2.0, None]
    assert values_of(given, found, is_amount=False) == [None, 4.0, None, 2.0, None]


def test_values_beyond_all_measure_are_not_drawn() -> None:
    given = frame(NOON, NOON + 240 * S, 60, NOON + 240 * S)
    found = {NOON: 1.0, NOON + 60 * S: 1e308, NOON + 120 * S: float("nan"), NOON + 180 * S: float("-inf")}
    assert values_of(given, found, is_amount=False) == [1.0, None, None, None]


def test_a_chart_without_values_says_so() -> None:
    assert drawn([None, None]).is_empty
    assert not drawn([None, 0.0]).is_empty
