"""Budgets that are spent too fast: told within minutes, not at the end of the month."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import (
    CALLS_OF_BUDGETS,
    DIMENSIONS,
    DOLLARS,
    HOUR,
    MINUTE,
    ago,
    labelled,
    last,
    spending,
)


def budget_cause(recent_s: int) -> Cause:
    """Dollars of a budget's calls."""
    return Cause(
        rows=CALLS_OF_BUDGETS,
        weight=DOLLARS,
        unit="currencyUSD",
        recent_s=recent_s,
        labels={"budget": "budget"},
        dimensions=DIMENSIONS,
    )


def budget_burn(long_s: int, short_s: int) -> str:
    """How many times faster than its budget lasts money is spent, in the window and at its end."""
    recent = last(short_s, "at")
    spent = f"least(toFloat64(sum(usd)) / {long_s / HOUR}, toFloat64(sumIf(usd, {recent})) / {short_s / HOUR})"
    allowed = "greatest(any(toFloat64(ifNull(limit_usd, 0)) / hours), 0.000001)"
    enough = "sum(calls) >= 5 AND any(ifNull(limit_usd, 0)) > 0"
    return labelled({"budget": "budget"}, f"{spent} / {allowed}", spending(mark=ago(short_s)), enough)


GROUP = Group(
    name="cost",
    title="Cost",
    description="Budgets that are spent too fast.",
    rules=(
        Rule(
            uid="cost-burn-1h",
            title="Budget burns: gone in two days",
            severity="page",
            description="In the last hour, and still in the last five minutes, a budget was spent 14.4 times faster "
            "than it lasts: 2 % of a month in an hour. Look which model, user or prompt version it is, and stop that.",
            checks=(
                "Board Cost, Cost by model, then by user and by prompt version: which line rises?",
                "Dearest traces: a loop, a huge context, a dearer model than meant?",
                "The last release: a new prompt version, another model, a retry without a limit?",
            ),
            quiet="Limit the culprit with a budget whose action is `raise` or `route`, give agents a limit of turns "
            "and calls `max_tokens`. If the growth is wanted, raise the budget.",
            sql=budget_burn(HOUR, 5 * MINUTE),
            unit="short",
            window_s=HOUR,
            threshold=14.4,
            shows=Shows("telltale-cost", "Cost by model"),
            cause=budget_cause(HOUR),
            budget="budget",
        ),
    ),
)
