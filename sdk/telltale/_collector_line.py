"""What budgets ask the collector: what is spent, and what a call cost. On a thread of its own, never on the caller's.

A collector that does not answer stops nobody: its budgets hold nothing then, and every span says so.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from telltale._account import booking, lock
from telltale._line import Line, Question, Then, UnansweredError
from telltale._remote import Remote, told_of
from telltale._safely import log, safely
from telltale._worker import Worker

if TYPE_CHECKING:
    from telltale._limits import Rule
    from telltale._terms import Terms

POLL_EVERY_S: Final = 5.0
STALE_AFTER_S: Final = 15.0
_TICK_S: Final = 0.5
_BATCH: Final = 100
_MOST_QUESTIONS: Final = 10_000
_UNTIL_SEEN_S: Final = 5.0
"""What is told is known to the collector's sums so much later, at most."""

_NOT_YET: Final = "the collector has not answered yet"


class Api(Protocol):
    """Where budgets and prices are asked for. Its methods raise ``UnansweredError``."""

    url: str

    def budgets(self) -> Sequence[Mapping[str, Any]]: ...
    def costs(self, usages: Sequence[Question], /) -> Sequence[Decimal | None]: ...


class CollectorLine(Line):
    """The collector's budgets and prices.

    Args:
        api: the collector's.
        here: service and environment of this process.
        holds_everywhere: all budgets of the collector hold in this process, not only those that are named.
        first_sign_s: for how long a call is under way when the collector is told of it; 0: it is not, until it ends.
    """

    def __init__(
        self, api: Api, here: Mapping[str, str], *, holds_everywhere: bool = False, first_sign_s: float = 0
    ) -> None:
        self.holds_everywhere = holds_everywhere
        self.failure = None
        self.price_failure = None
        self._told_after_s = first_sign_s + _UNTIL_SEEN_S if first_sign_s else math.inf
        self._api = api
        self._here = here
        self._remotes: dict[str, Remote] = {}
        self._questions: deque[tuple[Question, Then]] = deque()
        self._poll_at = 0.0
        self._answered_at: float | None = None
        self._worker = Worker("telltale-budgets", self._work, _TICK_S)
        if self.holds_everywhere:
            self._worker.start()

    def reset(self) -> None:
        """In a forked child, where the thread does not exist."""
        for remote in self._remotes.values():
            remote.account.forget_under_way()
        self._worker.reset()

    def stop(self) -> None:
        self._worker.stop(time.monotonic() + _TICK_S)

    # --- what budgets ask; the lock is held
    def named(self, rule: Rule, model: str) -> Terms | None:
        """The collector's budget of that name; None where it is not about this model."""
        remote = self._remotes.setdefault(rule.name, Remote(self._told_after_s))
        self._start()
        return remote.terms(rule.name, self._unheld(remote), rule) if remote.is_about(model) else None

    def everywhere(self, model: str) -> list[Terms]:
        """All budgets of the collector that a call of ``model`` falls under, where they hold in the whole process."""
        if not self.holds_everywhere:
            return []
        self._start()
        if self._answered_at is None:
            return [Remote().terms("*", self.failure or _NOT_YET)]
        found = [(name, remote) for name, remote in self._remotes.items() if remote.holds_for(model, self._here)]
        return [remote.terms(name, self._unheld(remote)) for name, remote in found]

    def price(self, question: Question, then: Then) -> None:
        """Ask what a call cost; ``then`` is told in a moment, on the thread. None: nobody knows."""
        if len(self._questions) >= _MOST_QUESTIONS:
            then(None)
            return
        self._questions.append((question, then))
        self._start()

    def _unheld(self, remote: Remote) -> str | None:
        if self._answered_at is None:
            return self.failure or _NOT_YET
        if self.failure and time.monotonic() - self._answered_at > STALE_AFTER_S:
            return self.failure
        return None if remote.told is not None else "the collector has no budget of this name"

    def _start(self) -> None:
        if not self._worker.is_started:
            self._worker.start()

    # --- the thread
    def _work(self, _is_asked: bool) -> None:
        try:
            self._ask_prices(self._api)
        except UnansweredError as error:
            is_new, self.price_failure = self.price_failure is None, str(error)
            if is_new:
                log.warning("budgets: %s (%s); prices are not known until it does", error, self._api.url)
        if (self._remotes or self.holds_everywhere) and time.monotonic() >= self._poll_at:
            self._poll_at = time.monotonic() + POLL_EVERY_S
            try:
                self._poll(self._api)
            except UnansweredError as error:
                is_new, self.failure = self.failure is None, str(error)
                if is_new:
                    log.warning("budgets: %s (%s); calls go through unchecked until it does", error, self._api.url)

    def _poll(self, api: Api) -> None:
        with lock:
            for remote in self._remotes.values():
                remote.account.asked()
        answer = api.budgets()
        try:
            told = {status["name"]: told_of(status) for status in answer}
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise UnansweredError("the collector tells of budgets in another form: is its version older?") from error
        with booking():
            self._take(told)
            missing = [name for name, remote in self._remotes.items() if remote.told is None]
            new = [name for name in missing if self._remotes[name].account.tell("missing")]
        self._answered_at, self.failure = time.monotonic(), None
        for name in new:
            log.warning("the collector has no budget %r, so none holds; POST it to %s/budgets", name, api.url)

    def _take(self, told: Mapping[str, Any]) -> None:
        for name in told if self.holds_everywhere else ():
            self._remotes.setdefault(name, Remote(self._told_after_s))
        for name, remote in self._remotes.items():
            remote.told = told.get(name)
            if remote.told is not None:
                remote.account.answered(remote.told.spent)

    def _ask_prices(self, api: Api) -> None:
        """All questions that there are now. Those that come meanwhile wait until the budgets were asked for, too."""
        left = len(self._questions)
        while left > 0:
            batch = [self._questions[at] for at in range(min(_BATCH, left))]
            costs = list(api.costs([question for question, _ in batch]))
            self.price_failure = None
            if len(costs) != len(batch):  # whose they are cannot be told
                costs = [None] * len(batch)
            for (_, then), cost in zip(batch, costs, strict=True):
                self._questions.popleft()
                left -= 1
                with safely("put down a price"):
                    then(cost)
