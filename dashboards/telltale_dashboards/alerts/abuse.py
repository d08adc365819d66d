"""Single users who cost more than anybody should."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, DOLLARS, HOUR, labelled

_LABELS = {"service": "service", "user": "user_id"}
_KNOWN = f"{CALLS} AND user_id IS NOT NULL AND cost_usd IS NOT NULL"

GROUP = Group(
    name="abuse",
    title="Abuse",
    description="Single users who cost too much.",
    rules=(
        Rule(
            uid="user-abuse",
            title="One user costs too much",
            severity="ticket",
            description="One user cost more than 5 dollars within an hour. Read the newest traces: a script, a "
            "shared key or a loop. Limit the user with a budget.",
            checks=(
                "The user's newest traces: a human, a script, a loop?",
                "A test account or a shared key?",
                "Board Cost, Top users: how far above the rest?",
            ),
            quiet="A budget with a filter on `user_id` for the few, a limit in the application for all. Set the "
            "threshold above what a good customer costs.",
            sql=labelled(_LABELS, f"sum({DOLLARS})", _KNOWN, f"sum({DOLLARS}) > 1 AND count() >= 5", most=20),
            unit="currencyUSD",
            window_s=HOUR,
            threshold=5,
            shows=Shows("telltale-cost", "Cost by user"),
            cause=Cause(
                rows=_KNOWN,
                weight=DOLLARS,
                unit="currencyUSD",
                recent_s=HOUR,
                labels=_LABELS,
                dimensions={"model": DIMENSIONS["model"], "prompt": DIMENSIONS["prompt"], "session": "session_id"},
            ),
        ),
    ),
)
