"""Calls that fail more often than 1 in 100, which is what the error budget allows."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, HOUR, MINUTE, burn, labelled, last, usage

ERROR_BUDGET = 0.01
_SHOWS = Shows("telltale-overview", "Failed calls by error")


def error_burn(short_s: int, calls: int = 30, errors: int = 3) -> str:
    """How many times faster than allowed calls fail, in the window and at its end.

    Args:
        short_s: the length of the window's end.
        calls: at least so many,
        errors: of which at least so many failed.
    """
    recent = last(short_s, "at")
    faster = burn("sumIf(errors, {})", "sumIf(calls, {})", recent, ERROR_BUDGET)
    enough = f"sum(calls) >= {calls} AND sumIf(calls, {recent}) >= 3 AND sum(errors) >= {errors}"
    return labelled({"service": "service"}, faster, usage(), enough)


def error_cause(recent_s: int) -> Cause:
    """Calls that failed."""
    return Cause(
        rows=f"{CALLS} AND status = 'error'",
        weight="1",
        unit="short",
        recent_s=recent_s,
        labels={"service": "service"},
        dimensions={"error": "error_type"} | DIMENSIONS,
        traces={"status": "error"},
    )


GROUP = Group(
    name="errors",
    title="Errors",
    description="Services whose calls fail, against a target of 99 % good calls.",
    rules=(
        Rule(
            uid="error-burn-1h",
            title="Calls fail: error budget gone in two days",
            severity="page",
            description="More than 14 % of a service's calls failed in the last hour, and in the last five minutes. "
            "See the errors by type: one provider's fault, one model's, or our own request.",
            checks=(
                "Board Overview, Failed calls by error: one type or many?",
                "Latest errors: one model, one provider, one region? Then look at the provider's status page.",
                "Only after our release? Roll back: wrong parameters and too long inputs fail always.",
            ),
            quiet="Retries with a limit, a second provider to fall back to, inputs that are cut before they are too "
            "long.",
            sql=error_burn(5 * MINUTE),
            unit="short",
            window_s=HOUR,
            threshold=14.4,
            for_s=2 * MINUTE,
            shows=_SHOWS,
            cause=error_cause(HOUR),
        ),
        Rule(
            uid="error-burn-6h",
            title="Calls fail: error budget gone in five days",
            severity="page",
            description="More than 6 % of a service's calls failed in the last six hours, and in the last thirty "
            "minutes. See which error type grew, and when: a release, a model, a quota.",
            checks=(
                "Failed calls by error over a day: since when?",
                "Models: is it one of them?",
                "Rate limits? See `rate-limited`.",
            ),
            quiet="Retries with a limit, a second provider to fall back to, inputs that are cut before they are too "
            "long.",
            sql=error_burn(30 * MINUTE),
            unit="short",
            window_s=6 * HOUR,
            threshold=6,
            for_s=5 * MINUTE,
            shows=_SHOWS,
            cause=error_cause(6 * HOUR),
        ),
    ),
)
