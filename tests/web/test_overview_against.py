from decimal import Decimal

import pytest

from telltale_collector.web.overview.against import AMOUNT, MONEY, TIME, Against, Measure, against, share_against

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("now", "before", "measure", "is_bad", "said"),
    [
        (150, 100, AMOUNT, True, Against("▲", "50 % more", "bad", "100")),
        (50, 100, AMOUNT, True, Against("▼", "50 % fewer", "good", "100")),
        (150, 100, AMOUNT, None, Against("▲", "50 % more", "", "100")),
        (1000, 100, AMOUNT, None, Against("▲", "10 times", "", "100")),
        (100, 100, AMOUNT, True, Against("", "as before", "", "100")),
        (10_001, 10_000, AMOUNT, True, Against("", "about as before", "", "10.0k")),
        (0, 0, AMOUNT, True, Against("", "none before either", "", "")),
        (3, 0, AMOUNT, True, Against("▲", "none before", "bad", "")),
        (0, 3, AMOUNT, True, Against("▼", "100 % fewer", "good", "3")),
        (2 * SECOND, SECOND, TIME, True, Against("▲", "100 % slower", "bad", "1.00 s")),
        (8 * SECOND, SECOND, TIME, True, Against("▲", "8 times as slow", "bad", "1.00 s")),
        (Decimal("0.5"), Decimal(1), MONEY, True, Against("▼", "50 % less", "good", "$1.00")),
        (Decimal(1), None, MONEY, True, Against("", "not known before", "", "")),
        (None, Decimal(1), MONEY, True, Against("", "not known now", "", "$1.00")),
        (None, None, MONEY, True, Against("", "", "", "")),
    ],
)
def test_a_change_says_which_way_how_far_and_whether_it_is_good(
    now: int | Decimal | None, before: int | Decimal | None, measure: Measure, is_bad: bool | None, said: Against
) -> None:
    assert against(now, before, measure, is_bad=is_bad) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ((2, 100), (1, 100), Against("▲", "1 points more", "bad", "1 %")),
        ((2, 200), (1, 100), Against("", "as before", "", "1 %")),
        ((0, 200), (1, 100), Against("▼", "1 points fewer", "good", "1 %")),
        ((0, 200), (0, 100), Against("", "none before either", "", "")),
        ((1, 200), (0, 100), Against("▲", "0.5 points more", "bad", "none")),
        ((1, 200), (0, 0), Against("", "no calls before", "", "")),
    ],
)
def test_errors_are_compared_as_shares_of_calls(now: tuple[int, int], before: tuple[int, int], said: Against) -> None:
    assert share_against(now, before) == said
