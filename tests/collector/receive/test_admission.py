"""The memory of requests: a budget for all, and shares that leave room for whoever comes next."""

import random
import threading

import pytest

from telltale_collector.errors import Overloaded
from telltale_collector.receive.admission import Admission

BUDGET = 1000


def fill(admission: Admission, sender: str, piece: int = 1) -> int:
    """Take pieces until it is refused; what was taken stays taken."""
    charge = admission.open(sender)
    taken = 0
    while True:
        try:
            charge.take(piece)
        except Overloaded:
            return taken
        taken += piece


def test_a_sender_alone_gets_half_and_each_of_n_one_part_of_n_plus_one() -> None:
    alone = Admission(BUDGET)
    assert fill(alone, "a") == BUDGET // 2
    together = Admission(BUDGET)
    charges = {sender: together.open(sender) for sender in "abcd"}
    held = dict.fromkeys(charges, 0)
    for sender in "abcd" * BUDGET:
        try:
            charges[sender].take(1)
            held[sender] += 1
        except Overloaded:
            continue
    assert set(held.values()) == {BUDGET // 5}


def test_a_greedy_sender_leaves_room_for_a_modest_one() -> None:
    admission = Admission(BUDGET)
    fill(admission, "greedy")
    for _ in range(100):
        with admission.open("modest", announced=100) as charge:
            charge.take(100)
            with pytest.raises(Overloaded, match="of this sender"):
                admission.open("greedy", announced=1)


def test_nothing_is_taken_for_what_is_only_announced() -> None:
    admission = Admission(BUDGET)
    charges = [admission.open("a", announced=400) for _ in range(10)]
    assert admission.held_bytes == 0
    charges[0].take(400)
    with pytest.raises(Overloaded):
        charges[1].take(400)


def test_what_a_request_held_is_given_back_however_it_ends() -> None:
    admission = Admission(BUDGET)
    with admission.open("a") as charge:
        charge.take(400)
        with pytest.raises(Overloaded):
            charge.take(400)
    assert admission.held_bytes == 0
    assert fill(admission, "a") == BUDGET // 2


def test_each_refusal_is_told_with_its_reason() -> None:
    reasons: list[str] = []
    admission = Admission(BUDGET, reasons.append)
    fill(admission, "a")
    with pytest.raises(Overloaded):
        admission.open("b", announced=BUDGET)
    assert reasons == ["share", "memory"]


def test_many_threads_never_pass_the_budget_and_leave_nothing_behind() -> None:
    admission = Admission(BUDGET)
    over = []

    def use(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(2000):
            try:
                with admission.open(f"sender {draw.randrange(3)}") as charge:
                    charge.take(draw.randrange(1, 400))
                    over.extend([1] if admission.held_bytes > BUDGET else [])
            except Overloaded:
                continue

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (over, admission.held_bytes) == ([], 0)
