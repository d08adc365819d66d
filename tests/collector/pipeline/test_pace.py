"""Acknowledgements wait while the store is behind, never long, and never for a store that is away."""

from telltale_collector.pipeline.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def paced(pending: int, items_s: int, longest_s: float = 0.075) -> Pace:
    """A pace with so many items waiting for a store that takes so many a second."""
    clock = Clock()
    pace = Pace(lambda: pending, longest_s, clock)
    for _ in range(5):
        pace.stored(items_s)
        clock.now += 1
    return pace


def test_nothing_waits_while_the_store_keeps_up() -> None:
    assert paced(pending=15_000, items_s=12_000).delay_s() == 0


def test_an_acknowledgement_waits_as_long_as_the_surplus_takes() -> None:
    assert round(paced(pending=18_600, items_s=12_000).delay_s(), 6) == 0.05


def test_no_acknowledgement_waits_longer_than_the_limit() -> None:
    assert paced(pending=10_000_000, items_s=12_000).delay_s() == 0.075


def test_a_store_with_little_to_do_is_not_taken_for_a_slow_one() -> None:
    assert paced(pending=7_000, items_s=10).delay_s() == 0


def test_before_anything_is_stored_nothing_is_known_of_the_store() -> None:
    assert Pace(lambda: 7_000, 0.075).delay_s() == 0


def test_a_store_that_is_away_sets_no_pace() -> None:
    pace = paced(pending=10_000_000, items_s=12_000)
    pace.is_off = True
    assert pace.delay_s() == 0


def test_the_limit_can_be_none() -> None:
    assert paced(pending=10_000_000, items_s=12_000, longest_s=0).delay_s() == 0
