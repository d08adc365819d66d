"""Calls that fail somewhat too often, for days."""

from __future__ import annotations

from telltale_dashboards.alerts.errors import error_burn, error_cause
from telltale_dashboards.rule import Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, HOUR

GROUP = Group(
    name="slow-errors",
    title="Errors over days",
    description="Services whose calls fail a little more often than the target of 99 % allows.",
    interval_s=300,
    rules=(
        Rule(
            uid="error-burn-3d",
            title="Calls fail: more than the error budget allows",
            severity="ticket",
            description="Over three days, and still in the last six hours, more than 1 % of a service's calls "
            "failed. Sort the errors by type and mend the most frequent.",
            checks=(
                "Latest errors, grouped by type: the most frequent first.",
                "Are they retried, and do users notice?",
                "Content filters and bad tool arguments are faults of prompts, not of providers.",
            ),
            quiet="Mend the most frequent type. If 1 % is too strict for a service, raise the threshold.",
            sql=error_burn(6 * HOUR, calls=300, errors=10),
            unit="short",
            window_s=3 * DAY,
            threshold=1,
            for_s=HOUR,
            shows=Shows("telltale-overview", "Failed calls by error"),
            cause=error_cause(DAY),
        ),
    ),
)
