"""Calls that are slower than the targets: 95 % with a first token within 2 seconds, 95 % over within 30."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, HOUR, MINUTE, burn, labelled, last

_LATE_FIRST = "ttft_ns > 2000000000"
_LONG = "duration_ns > 30000000000"
SLOW_BUDGET = 0.05
"""The share of slow calls that is allowed: no burn is greater than 1 / 0.05 = 20."""


def _slow_burn(slow: str, rows: str, short_s: int) -> str:
    faster = burn(f"countIf({slow} AND {{}})", "countIf({})", last(short_s), SLOW_BUDGET)
    return labelled({"service": "service"}, faster, rows, f"count() >= 30 AND countIf({last(short_s)}) >= 3")


def _cause(slow: str, weight: str, recent_s: int, traces: dict[str, str]) -> Cause:
    return Cause(
        rows=f"{CALLS} AND {slow}",
        weight=weight,
        unit="ns",
        recent_s=recent_s,
        labels={"service": "service"},
        dimensions=DIMENSIONS | {"provider": "provider"},
        traces=traces,
    )


GROUP = Group(
    name="latency",
    title="Latency",
    description="Services whose calls are slow.",
    rules=(
        Rule(
            uid="ttft-burn-1h",
            title="First tokens come late",
            severity="page",
            description="More than 30 % of a service's streams took over 2 seconds to their first token, in the last "
            "hour and in the last five minutes. Compare models and providers; long prompts and queues come first.",
            checks=(
                "Board Latency, Time to first token p95 by model: one model or all?",
                "Latency by prompt size: did prompts grow? See `cache-hit-drop`.",
                "The provider's status page.",
            ),
            quiet="Put what never changes first in the prompt, so that the provider's cache holds it; a smaller "
            "model for the first answer.",
            sql=_slow_burn(_LATE_FIRST, f"{CALLS} AND ttft_ns IS NOT NULL", 5 * MINUTE),
            unit="short",
            window_s=HOUR,
            threshold=6,
            for_s=2 * MINUTE,
            shows=Shows("telltale-latency", "Time to first token"),
            cause=_cause(_LATE_FIRST, "toFloat64(ifNull(ttft_ns, 0))", HOUR, {"min_duration_ms": "2000"}),
        ),
        Rule(
            uid="latency-burn-6h",
            title="Calls take too long",
            severity="ticket",
            description="More than 15 % of a service's calls took over 30 seconds, in the last six hours and in the "
            "last thirty minutes. See whether answers got longer or tokens slower.",
            checks=(
                "Board Latency, Output tokens per second by model: slower, or longer answers?",
                "Time per trace by kind of step: is it the model at all?",
                "Reasoning: which effort is asked for?",
            ),
            quiet="`max_tokens`, shorter answers asked for in the prompt, a time limit in the client. Batch work "
            "that may take long belongs into a service of its own, with a threshold of its own.",
            sql=_slow_burn(_LONG, CALLS, 30 * MINUTE),
            unit="short",
            window_s=6 * HOUR,
            threshold=3,
            for_s=15 * MINUTE,
            shows=Shows("telltale-latency", "Latency"),
            cause=_cause(_LONG, "toFloat64(duration_ns)", 6 * HOUR, {"min_duration_ms": "30000"}),
        ),
    ),
)
