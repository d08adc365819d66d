"""The one exception that Telltale raises into an application, where that asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from telltale._safely import Intended

Measure: TypeAlias = Literal["usd", "calls", "tokens", "same_tool_calls", "unknown"]


@dataclass(frozen=True, slots=True)
class Excess:
    """What does not fit into a budget any more.

    Attributes:
        measure: ``same_tool_calls``: a tool called again and again with the same arguments; ``unknown``: spend that
            cannot be known, under ``on_unknown="block"``.
        limit: dollars, calls or tokens.
        spent: likewise, with what calls under way have reserved.
        where: the time or the run that it was spent in, in words.
        subject: the tool, or the model.
    """

    measure: Measure
    limit: Decimal | int
    spent: Decimal | int
    where: str
    subject: str = ""

    def __str__(self) -> str:
        if self.measure == "same_tool_calls":
            return f"the tool {self.subject!r} was called {self.limit} times with the same arguments in this run"
        if self.measure == "unknown":
            return f"what {self.subject!r} costs or uses is not known, so no limit can be held for it"
        if self.measure == "usd":
            return f"${self.spent} of ${self.limit} are spent {self.where}"
        return f"{self.spent} of {self.limit} {self.measure} are spent {self.where}"

    @property
    def advice(self) -> str:
        if self.measure == "same_tool_calls":
            return "it seems to be stuck: end the run, or raise same_tool_calls"
        if self.measure == "unknown":
            return 'give prices=, ask streams for their usage, or allow it with on_unknown="warn"'
        return 'raise the limit, wait until the window has moved on, or use on_exceed="route"'


class BudgetExceeded(Intended):
    """A budget with ``on_exceed="raise"`` has no room: the call was not made.

    Attributes:
        budget: its name.
        measure: what is spent: usd, calls, tokens, same_tool_calls or unknown.
        limit: dollars (Decimal), calls or tokens.
        spent: likewise, with what calls under way have reserved.
        window_s: of the budget, in seconds; None for the whole run, or a calendar window.

    Example:
        >>> try:
        ...     with telltale.budget("nightly", calls=200, on_exceed="raise"):
        ...         pass  # calls of models
        ... except telltale.BudgetExceeded as exceeded:
        ...     print(exceeded.budget, exceeded.measure)
    """

    def __init__(self, budget: str, excess: Excess, window_s: float | None = None) -> None:
        super().__init__(budget, excess, window_s)
        self.budget = budget
        self.measure = excess.measure
        self.limit = excess.limit
        self.spent = excess.spent
        self.window_s = window_s
        self._excess = excess

    def __str__(self) -> str:
        return f"budget {self.budget!r}: {self._excess}; {self._excess.advice}"
