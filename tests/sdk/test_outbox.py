"""The queue before the export thread: bounded in items and weight, in order, and safe to put into from anywhere."""

from __future__ import annotations

from telltale._outbox import Outbox


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    box: Outbox[str] = Outbox(max_items=3, max_bytes=1000)
    for item in "abcde":
        box.put(item, 1)
    assert box.take(10, 1000) == ["c", "d", "e"]
    assert dict(box.lost) == {"queue_full": 2}


def test_weight_bounds_the_queue_too() -> None:
    box: Outbox[str] = Outbox(max_items=100, max_bytes=250)
    for item in "abc":
        box.put(item, 100)
    assert len(box) == 2
    assert dict(box.lost) == {"queue_full": 1}


def test_a_batch_that_is_put_back_is_first_again() -> None:
    box: Outbox[str] = Outbox(max_items=10, max_bytes=1000)
    for item in "abc":
        box.put(item, 1)
    assert box.take(2, 1000) == ["a", "b"]
    box.put_back()
    assert box.take(10, 1000) == ["a", "b", "c"]
    box.done()
    assert len(box) == 0


def test_a_batch_ends_at_its_weight() -> None:
    box: Outbox[str] = Outbox(max_items=10, max_bytes=1000)
    for item in "abc":
        box.put(item, 100)
    assert box.take(10, 150) == ["a", "b"]


def test_a_put_inside_a_put_does_not_deadlock() -> None:
    box: Outbox[str] = Outbox(max_items=10, max_bytes=1000)
    with box._lock:
        box._is_busy = True
        box.put("from a finaliser", 1)
        box._is_busy = False
    assert box.take(10, 1000) == ["from a finaliser"]
