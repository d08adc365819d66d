"""Where budgets ask what they cannot know themselves: nowhere before ``init()``, then the collector."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from telltale._account import Account
from telltale._terms import Limits, Terms

if TYPE_CHECKING:
    from telltale._limits import Rule

Question: TypeAlias = Mapping[str, Any]
Then: TypeAlias = Callable[[Decimal | None], None]


class UnansweredError(Exception):
    """The collector did not answer; ``code`` is HTTP's where there was one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Line:
    """Without a collector: its budgets are not held, its prices not known.

    Attributes:
        holds_everywhere: whether all budgets of the collector hold in this process, not only those that are named.
        failure: why it is not known what is spent, or None.
        price_failure: why it is not known what a call costs, or None.
    """

    holds_everywhere = False
    failure: str | None = "no Telltale collector to ask: call telltale.init() first"
    price_failure: str | None = failure

    def named(self, rule: Rule, model: str) -> Terms | None:
        """The collector's budget of that name; None where it is not about this model. The lock is held."""
        del model
        return Terms(rule.name, Limits(), Account(), "", unheld=self.failure)

    def everywhere(self, model: str) -> list[Terms]:
        """All budgets that a call of ``model`` falls under, where they hold in the whole process. The lock is held."""
        del model
        return []

    def price(self, question: Question, then: Then) -> None:
        """Ask what a call cost; ``then`` is told, perhaps in a moment on another thread. None: nobody knows."""
        del question
        then(None)

    def reset(self) -> None:
        """In a forked child, where threads do not exist."""

    def stop(self) -> None:
        """Ask nothing more."""


_holder: Final = [Line()]


def current() -> Line:
    return _holder[0]


def connect(line: Line) -> Line:
    """Make ``line`` the current one, and give back the one before."""
    previous, _holder[0] = _holder[0], line
    return previous


os.register_at_fork(after_in_child=lambda: current().reset())
