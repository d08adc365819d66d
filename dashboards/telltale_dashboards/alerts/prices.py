"""Calls whose cost or usage nobody knows: without them every sum of money is too low."""

from __future__ import annotations

from telltale_dashboards.fragments import MODEL
from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, HOUR, MINUTE, labelled

_UNPRICED = "ifNull(cost_source = 'unpriced', false)"
_NOT_GIVEN = "ifNull(tokens_source != 'provider', true)"
_GOOD = f"{CALLS} AND status != 'error'"
_LABELS = {"provider": "provider", "model": MODEL}

GROUP = Group(
    name="prices",
    title="Prices and usage",
    description="Calls that cost an unknown amount.",
    rules=(
        Rule(
            uid="price-unknown",
            title="Calls without a price",
            severity="ticket",
            description="A model was called whose price nobody knows: its cost is missing in every sum and budget. "
            "Add the model to the price file and run telltale reprice.",
            checks=(
                "Board Cost, Unpriced models: a new model, or a name of our own?",
                "Its price, on the provider's page.",
                "Add it to the price file, restart, run `telltale reprice`.",
            ),
            quiet="Models of one's own get a row with price 0, by pattern.",
            sql=labelled(_LABELS, f"countIf({_UNPRICED})", CALLS, f"countIf({_UNPRICED}) > 0", most=50),
            unit="short",
            window_s=HOUR,
            threshold=0,
            for_s=5 * MINUTE,
            shows=Shows("telltale-cost", "Unpriced models"),
            cause=Cause(
                rows=f"{CALLS} AND {_UNPRICED}",
                weight="1",
                unit="short",
                recent_s=HOUR,
                labels=_LABELS,
                dimensions=DIMENSIONS,
            ),
        ),
        Rule(
            uid="usage-missing",
            title="Calls come without their usage",
            severity="ticket",
            description="More than 20 % of a model's good calls say nothing of their tokens, which are then counted "
            "here and only nearly right. Ask the provider for usage, with streams above all; see telltale doctor.",
            checks=(
                "`telltale doctor`, and the page Checkup: which instrumentation, streams only?",
                'Streams of OpenAI\'s API: `stream_options={"include_usage": True}`.',
                "A proxy in between that drops the usage?",
            ),
            quiet="Let the client ask for usage. For a server of one's own that never gives it: is_on: false, or a "
            "higher threshold.",
            sql=labelled(
                {"service": "service", "model": MODEL}, f"countIf({_NOT_GIVEN}) / count()", _GOOD, "count() >= 20"
            ),
            unit="percentunit",
            window_s=HOUR,
            threshold=0.2,
            for_s=15 * MINUTE,
            shows=Shows("telltale-cost", "Calls by how sure their cost is"),
            cause=Cause(
                rows=f"{_GOOD} AND {_NOT_GIVEN}",
                weight="1",
                unit="short",
                recent_s=HOUR,
                labels={"service": "service", "model": MODEL},
                dimensions=DIMENSIONS | {"instrumentation": "scope"},
            ),
        ),
    ),
)
