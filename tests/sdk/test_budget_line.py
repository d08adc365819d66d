"""What the collector tells of budgets and prices: in part, unreadable, late, and amid calls that are under way."""

from __future__ import annotations

import json
import math
from collections import Counter
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from telltale._account import Spent, booking
from telltale._budget_api import BudgetApi
from telltale._collector_line import CollectorLine
from telltale._limits import Rule
from telltale._remote import RemoteAccount
from telltale._reservation import Reservation
from telltale._terms import Limits, Terms
from telltale.instruments._answer import Answer, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STATUS = {
    "name": "b",
    "filter": {},
    "limit": {"usd": None, "calls": 10, "tokens": None},
    "spent": {"usd": "0", "calls": 3, "tokens": 30},
    "action": "raise",
    "route": {},
    "window": "day",
    "window_s": None,
}


class OddCollector:
    """Answers with what it is told to; ``asked`` counts paths."""

    def __init__(self, loopback: Any) -> None:
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, tuple[int, Any]] = {"/budgets": (200, {"budgets": [STATUS]})}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = owner.answers[self.path]
                owner.asked[self.path] += 1
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

        self._loopback = loopback(Handler)
        self.api = BudgetApi(f"http://127.0.0.1:{self._loopback.port}", {})

    def close(self) -> None:
        self._loopback.close()


@pytest.fixture
def odd(loopback: Any) -> Iterator[OddCollector]:
    made = OddCollector(loopback)
    yield made
    made.close()


@pytest.fixture
def line(odd: OddCollector, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorLine]:
    monkeypatch.setattr("telltale._collector_line.POLL_EVERY_S", 0.1)
    made = CollectorLine(odd.api, {})
    yield made
    made.stop()


def known_to(line: CollectorLine) -> int:
    with booking():
        terms = line.named(Rule("b", from_collector=True), "m")
        return -1 if terms is None else terms.account.total().calls


def test_prices_that_are_not_told_are_unknown_and_not_asked_for_again(
    odd: OddCollector, line: CollectorLine, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    odd.answers["/prices"] = (200, {"costs": [{"cost_usd": "1"}]})
    told: list[Decimal | None] = []
    known_to(line)
    for _ in range(250):
        line.price({"request_model": "m"}, told.append)
    eventually(lambda: known_to(line) == 3 and len(told) == 250)
    assert None in told
    assert line.price_failure is None
    asked = odd.asked["/prices"]
    line.price({"request_model": "m"}, told.append)
    eventually(lambda: len(told) == 251)
    assert told[-1] == 1
    assert odd.asked["/prices"] == asked + 1


@pytest.mark.parametrize("costs", [None, 7, "text", [None, 7], {"cost_usd": "1"}], ids=str)
def test_costs_that_are_no_list_of_costs_are_unknown(odd: OddCollector, costs: Any) -> None:
    odd.answers["/prices"] = (200, {"costs": costs})
    assert set(odd.api.costs([{}, {}])) <= {None}


def test_one_cost_that_cannot_be_read_spoils_no_other(odd: OddCollector) -> None:
    given: list[Any] = ["1.5", "much", None, [], True, "NaN", "-1", 2, 0.25, "Infinity"]
    odd.answers["/prices"] = (200, {"costs": [{"cost_usd": cost} for cost in given]})
    unknown = [None] * 4
    assert odd.api.costs([{}] * len(given)) == [
        Decimal("1.5"),
        None,
        *unknown,
        None,
        Decimal(2),
        Decimal("0.25"),
        None,
    ]


def test_what_is_spent_is_known_while_prices_cannot_be_asked_for_and_the_other_way_round(
    odd: OddCollector, line: CollectorLine, eventually: Callable[[Callable[[], bool]], None], warnings: Any
) -> None:
    odd.answers["/prices"] = (500, {})
    told: list[Decimal | None] = []
    line.price({"request_model": "m"}, told.append)
    eventually(lambda: known_to(line) == 3 and len(warnings()) == 1)
    assert (line.failure, line.price_failure) == (None, "the collector answers HTTP 500")
    (said,) = warnings()
    assert said.startswith("budgets: the collector answers HTTP 500")
    odd.answers["/budgets"] = (200, {"budgets": [{**STATUS, "filter": 7}]})
    odd.answers["/prices"] = (200, {"costs": [{"cost_usd": "1"}]})
    eventually(lambda: told == [1] and line.failure is not None)
    assert line.price_failure is None


# --- calls under way


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, in seconds."""
    at = [1000.0]
    monkeypatch.setattr("telltale._remote.monotonic_ns", lambda: int(at[0] * 1e9))
    return at


def test_a_call_under_way_while_the_collector_is_asked_is_counted_once(now: list[float]) -> None:
    account, call = RemoteAccount(15), Spent()
    account.begin(call)
    for known in (0, 7, 7):  # others' calls
        account.asked()
        account.answered(Spent(calls=known))
        assert account.total().calls == known + 1
        now[0] += 1
    account.settle(call, Spent(tokens=5))
    assert (account.total().calls, account.total().tokens) == (8, 5)
    account.asked()
    assert account.total().calls == 8
    account.answered(Spent(calls=8, tokens=5))
    assert (account.total().calls, account.total().tokens) == (8, 5)


def test_a_call_that_ends_while_the_answer_is_under_way_is_counted_once(now: list[float]) -> None:
    del now
    account, call = RemoteAccount(15), Spent()
    account.begin(call)
    account.asked()
    account.settle(call, Spent(tokens=5))
    account.answered(Spent())
    assert (account.total().calls, account.total().tokens) == (1, 5)


def test_a_call_that_the_collector_was_told_of_while_it_is_open_is_the_collectors(now: list[float]) -> None:
    account, call = RemoteAccount(15), Spent()
    account.begin(call)
    now[0] += 15
    account.asked()
    account.answered(Spent(calls=1))
    assert account.total().calls == 1
    account.settle(call, Spent(tokens=5))
    assert (account.total().calls, account.total().tokens) == (1, 5)


def test_where_open_calls_are_not_told_of_they_are_counted_here_for_as_long_as_they_take(now: list[float]) -> None:
    account, call = RemoteAccount(math.inf), Spent()
    account.begin(call)
    now[0] += 1e9
    account.asked()
    account.answered(Spent())
    assert account.total().calls == 1


FORKS = """
import os
import telltale
from telltale import _brakes

telltale.init(endpoint="http://127.0.0.1:9", spool=False, instrument=False)
with telltale.budget("b", from_collector=True) as run:
    under_way = _brakes.hold("llm", {}, {})
    assert run.spent.calls == 1
    child = os.fork()
    if child == 0:
        os._exit(run.spent.calls)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), run.spent.calls)
"""


def test_a_forked_child_leaves_the_parents_calls_to_the_parent(run_app: Any) -> None:
    done = run_app(FORKS, timeout_s=60)
    assert (done.returncode, done.stdout) == (0, "0 1\n"), done.stderr


def test_a_call_is_settled_once(now: list[float]) -> None:
    del now
    account, call = RemoteAccount(), Spent(tokens=60)
    account.begin(call)
    reservation = Reservation([(Terms("b", Limits(), account, ""), call)], "llm", "m", {})
    for _ in range(2):
        reservation.settle(Answer(usage=Usage(1, 1)), "answered")
    assert (account.total().calls, account.total().tokens, account.reserved.tokens) == (1, 2, 0)
