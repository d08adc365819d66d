"""How much of each budget is used up, and spending that is too fast over a day."""

from __future__ import annotations

from telltale_dashboards.alerts.cost import budget_burn, budget_cause
from telltale_dashboards.rule import Group, Rule, Severity, Shows
from telltale_dashboards.rule_fragments import DAY, HOUR, WINDOW_START, labelled, spending

_LONGEST_S = 366 * DAY


def _part(used: str, limit: str) -> str:
    """A budget of nothing is used up by the first call."""
    given = f"any(toFloat64(ifNull({limit}, 0)))"
    return f"if(isNull(any({limit})), 0, if({given} = 0, if({used} > 0, 1, 0), {used} / greatest({given}, 0.000001)))"


_USED = labelled(
    {"budget": "budget"},
    f"greatest({_part('toFloat64(sum(usd))', 'limit_usd')}, {_part('sum(calls)', 'limit_calls')},"
    f" {_part('sum(tokens)', 'limit_tokens')})",
    spending(WINDOW_START),
    "sum(calls) > 0",
)


def _step(uid: str, title: str, severity: Severity, threshold: float, description: str) -> Rule:
    return Rule(
        uid=uid,
        title=title,
        severity=severity,
        description=description,
        sql=_USED,
        unit="percentunit",
        window_s=_LONGEST_S,
        threshold=threshold,
        shows=Shows("telltale-cost", "Cost"),
        cause=budget_cause(DAY),
        budget="budget",
    )


GROUP = Group(
    name="budgets",
    title="Budgets",
    description="Parts of budgets that are used up, in dollars, calls or tokens, whichever is nearest.",
    interval_s=300,
    rules=(
        _step(
            "budget-50",
            "Half of a budget is used",
            "info",
            0.5,
            "Half of what the budget allows in its current hour, day, month or rolling window is used. See by the date "
            "whether that is early.",
        ),
        _step(
            "budget-80",
            "Most of a budget is used",
            "ticket",
            0.8,
            "80 % of the budget is used in its current window. Decide now: raise it, route to a cheaper model, or find "
            "what grew.",
        ),
        # not 1: applications that stop at the limit never pass it
        _step(
            "budget-100",
            "A budget is used up",
            "page",
            0.9999,
            "The budget of the current window is used up. What applications do now is the budget's action: they warn, "
            "raise or take a cheaper model; look whether users are refused.",
        ),
        Rule(
            uid="cost-burn-1d",
            title="Budget burns: gone in ten days",
            severity="ticket",
            description="Over a day, and still in the last two hours, a budget was spent 3 times faster than it lasts. "
            "Compare models and prompt versions with last week's; raise the budget if the growth is wanted.",
            sql=budget_burn(DAY, 2 * HOUR),
            unit="short",
            window_s=DAY,
            threshold=3,
            shows=Shows("telltale-cost", "Cost by model"),
            cause=budget_cause(DAY),
        ),
    ),
)
