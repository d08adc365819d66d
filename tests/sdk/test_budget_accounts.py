"""What is spent is kept within a window, in bounded memory, and in each process of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from telltale._account import Account, Spent


def test_what_is_spent_leaves_a_window_up_to_one_step_late_and_never_early(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    account = Account(64)
    for second in range(0, 640, 7):
        now[0] = second * 10**9
        account.add(Spent(calls=1, tokens=second, usd=Decimal(second)))
        recent = [at for at in range(0, second + 1, 7) if at > second - 64]
        late = [at for at in range(0, second + 1, 7) if at > second - 65]
        assert len(recent) <= account.total().calls <= len(late)
        assert sum(recent) <= account.total().tokens <= sum(late)
        assert account.total().usd == account.total().tokens


def test_a_window_keeps_no_more_than_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("telltale._account.monotonic_ns", lambda: now[0])
    account = Account(3600)
    for _ in range(20_000):
        now[0] += 10**9
        account.add(Spent(calls=1))
        account.total()
    assert len(account._parts) <= 66
    assert 3600 <= account.total().calls <= 3600 + 57


FORKS = """
import os, sys, threading
import telltale
from telltale import _brakes
from telltale.instruments._answer import Answer, Usage

telltale.init(endpoint="http://127.0.0.1:9", spool=False, instrument=False)
usage, is_over = Answer(usage=Usage(1, 1)), threading.Event()

def call():
    _brakes.hold("llm", {"model": "m"}, {"gen_ai.request.model": "m"}).settle(usage, "answered")

def busy():
    with telltale.budget("shared", calls=10**9, scope="service"):
        while not is_over.is_set():
            call()

threads = [threading.Thread(target=busy) for _ in range(4)]
for thread in threads:
    thread.start()
for _ in range(30):
    child = os.fork()
    if child == 0:
        with telltale.budget("shared", calls=10**9, scope="service") as run:
            before = run.spent.calls
            call()
            os._exit(0 if run.spent.calls == before + 1 else 3)
    assert os.waitpid(child, 0)[1] == 0
is_over.set()
for thread in threads:
    thread.join()
print("done")
"""


def test_a_child_that_is_forked_amid_calls_goes_on_with_accounts_of_its_own(run_app: Any) -> None:
    done = run_app(FORKS, timeout_s=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
