"""When a receiver that did not take something is tried again."""

import pytest

from telltale_collector.alerts.backoff import Backoff
from telltale_collector.alerts.outbound import DeliveryError

NO = DeliveryError("no")
NEVER = DeliveryError("never", is_permanent=True)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backoff(clock: Clock) -> Backoff:
    return Backoff(clock, lambda _, longest: longest)


def test_it_waits_twice_as_long_each_time_up_to_a_minute(backoff: Backoff, clock: Clock) -> None:
    waits = []
    for _ in range(2000):
        backoff.failed("a", NO)
        waits.append(backoff.next_in_s())
        clock.now += 60
    assert waits[:8] == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60])
    assert waits[-1] == pytest.approx(60)


def test_everything_waits_and_a_success_ends_it(backoff: Backoff, clock: Clock) -> None:
    backoff.failed("a", NO)
    assert backoff.holds("a")
    assert backoff.holds("b")
    clock.now += 1
    assert not backoff.holds("a")
    backoff.failed("a", NO)
    backoff.succeeded("b")
    assert not backoff.holds("a")
    backoff.failed("a", NO)
    assert backoff.next_in_s() == pytest.approx(1)


def test_a_receiver_that_names_a_time_is_left_alone_for_it(backoff: Backoff) -> None:
    backoff.failed("a", DeliveryError("busy", retry_after_s=30))
    assert backoff.next_in_s() == pytest.approx(30)


def test_what_is_refused_for_good_waits_long_and_alone(backoff: Backoff, clock: Clock) -> None:
    backoff.failed("a", NEVER)
    assert backoff.holds("a")
    assert not backoff.holds("b")
    assert backoff.next_in_s() == pytest.approx(600)
    clock.now += 600
    assert not backoff.holds("a")
    assert backoff.next_in_s() is None


def test_the_wait_is_drawn_so_that_many_do_not_come_at_once(clock: Clock) -> None:
    drawn = []
    Backoff(clock, lambda least, most: drawn.append((least, most)) or most).failed("a", NO)
    assert drawn == [(0.5, 1.0)]
