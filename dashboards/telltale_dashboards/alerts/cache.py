"""Prompts that the provider's cache no longer finds."""

from __future__ import annotations

from telltale_dashboards.fragments import MODEL
from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, HOUR, labelled, last, usage

_RECENT = last(HOUR, "at")
_NOW = f"sumIf(cached, {_RECENT}) / greatest(sumIf(input, {_RECENT}), 1)"
_BEFORE = f"sumIf(cached, NOT ({_RECENT})) / greatest(sumIf(input, NOT ({_RECENT})), 1)"
_FRESH = "greatest(toFloat64(ifNull(input_tokens, 0)) - toFloat64(ifNull(cache_read_tokens, 0)), 0)"

GROUP = Group(
    name="cache",
    title="Provider's cache",
    description="Input that was cached and no longer is.",
    interval_s=300,
    rules=(
        Rule(
            uid="cache-hit-drop",
            title="The provider's cache finds half of what it did",
            severity="ticket",
            description="The share of input from the provider's cache fell below half of the day before. Something "
            "now changes at the start of the prompt: a date, an id, the order of tools.",
            checks=(
                "Two traces of the same prompt, before and after: where do their texts begin to differ?",
                "A date, an id or a user's name at the start? Tools or documents in another order?",
                "Did the model change? Each has a cache of its own. Is there too little traffic to keep it warm?",
            ),
            quiet="What never changes first, what changes last; a test on the rendered prompt's beginning.",
            sql=labelled(
                {"service": "service", "model": MODEL},
                f"({_NOW}) / greatest({_BEFORE}, 0.000001)",
                usage(),
                f"{_BEFORE} >= 0.1 AND sumIf(calls, {_RECENT}) >= 30",
            ),
            unit="percentunit",
            window_s=25 * HOUR,
            threshold=0.5,
            bound="below",
            for_s=900,
            shows=Shows("telltale-rag", "Input from the provider's cache by model"),
            cause=Cause(
                rows=CALLS,
                weight=_FRESH,
                unit="short",
                recent_s=HOUR,
                labels={"service": "service", "model": MODEL},
                dimensions=DIMENSIONS,
            ),
        ),
    ),
)
