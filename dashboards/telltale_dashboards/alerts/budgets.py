"""How much of each budget is used up, and spending that is too fast over hours."""

from __future__ import annotations

from functools import partial

from telltale_dashboards.alerts.cost import budget_burn, budget_cause
from telltale_dashboards.rule import Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, HOUR, MINUTE, WINDOW_START, labelled, spending

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


_step = partial(
    Rule,
    sql=_USED,
    unit="percentunit",
    window_s=_LONGEST_S,
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
            uid="budget-50",
            title="Half of a budget is used",
            severity="info",
            description="Half of what the budget allows in its current hour, day, month or rolling window is used. "
            "See by the date whether that is early.",
            checks=(
                "The date: in the middle of the window this is as planned.",
                "Board Cost, Cost of 30 days at this rate.",
                "`GET /api/v1/budgets`: what of it is estimated, and which calls have no price?",
            ),
            quiet="A budget that always gets here in time needs no such notice; set `is_on: false`.",
            threshold=0.5,
        ),
        _step(
            uid="budget-80",
            title="Most of a budget is used",
            severity="ticket",
            description="80 % of the budget is used in its current window. Decide now: raise it, route to a cheaper "
            "model, or find what grew.",
            checks=(
                "How long does the window still last? The message says how long the rest lasts.",
                "What does the budget do at its end: warn, raise, route?",
                "Who spends it: board Cost, by user, prompt and model?",
            ),
            quiet="Plan the budget from last month's sum and growth.",
            threshold=0.8,
        ),
        # not 1: applications that stop at the limit never pass it
        _step(
            uid="budget-100",
            title="A budget is used up",
            severity="page",
            description="The budget of the current window is used up. What applications do now is the budget's "
            "action: they warn, raise or take a cheaper model; look whether users are refused.",
            checks=(
                "Are users refused? Board Overview, Failed calls by error.",
                "Was it spent by what it is for? Board Cost, with the budget's service chosen.",
                "Raise it for today, or leave it: decide with whoever owns the money.",
            ),
            quiet="A smaller window (a day instead of a month) makes one bad hour cost a day, not a month.",
            threshold=0.9999,
        ),
        Rule(
            uid="cost-burn-6h",
            title="Budget burns: gone in five days",
            severity="page",
            description="In the last six hours, and still in the last thirty minutes, a budget was spent 6 times "
            "faster than it lasts: 5 % of a month in six hours. Look which model, user or prompt version grew.",
            checks=(
                "Board Cost over a day: a step at a time of its own, or a slope?",
                "Cost per call by model: do calls get dearer, or are there more of them?",
                "Input, output and cache: longer prompts, longer answers, or a cache that no longer hits?",
            ),
            quiet="Limit the culprit with a budget whose action is `raise` or `route`, give agents a limit of turns "
            "and calls `max_tokens`. If the growth is wanted, raise the budget.",
            sql=budget_burn(6 * HOUR, 30 * MINUTE),
            unit="short",
            window_s=6 * HOUR,
            threshold=6,
            shows=Shows("telltale-cost", "Cost by model"),
            cause=budget_cause(6 * HOUR),
            budget="budget",
        ),
        Rule(
            uid="cost-burn-1d",
            title="Budget burns: gone in ten days",
            severity="ticket",
            description="Over a day, and still in the last two hours, a budget was spent 3 times faster than it "
            "lasts. Compare models and prompt versions with last week's; raise the budget if the growth is wanted.",
            checks=(
                "Board Cost over two weeks: growth of use, or of the cost of a call?",
                "Prompts: compare versions of one prompt.",
                "Top users: one, or all?",
            ),
            quiet="Raise the budget, or take a cheaper model where the scores allow it.",
            sql=budget_burn(DAY, 2 * HOUR),
            unit="short",
            window_s=DAY,
            threshold=3,
            shows=Shows("telltale-cost", "Cost by model"),
            cause=budget_cause(DAY),
            budget="budget",
        ),
    ),
)
