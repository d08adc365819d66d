"""Where the money goes, and what of it is not known."""

from __future__ import annotations

from telltale_dashboards.fragments import CALLS, MODEL, PROMPT, TIME, VARIABLES, most
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, stat

_PRICED = f"{CALLS} AND cost_usd IS NOT NULL"
_RANGE_DAYS = "(({to_time:Int64} - {from_time:Int64}) / 86400000000000)"


def _over_time(by: str, label: str, named: str, description: str) -> Panel:
    return Panel(
        title=f"Cost by {named}",
        kind="timeseries",
        by=label,
        unit="currencyUSD",
        stacked=True,
        width=12,
        description=description,
        sql=f"""
            SELECT {TIME}, {most(by, _PRICED, "sum(cost_usd)")} AS {label}, sum(cost_usd) AS cost
            FROM {_PRICED}
            GROUP BY time, {label}
            ORDER BY time, {label}
        """,
    )


_SUMS = (
    stat(
        "Cost",
        "currencyUSD",
        "What the priced calls cost, each call once. Not in it: Unpriced calls.",
        f"SELECT sum(cost_usd) AS cost FROM {CALLS}",
    ),
    stat(
        "Cost of 30 days at this rate",
        "currencyUSD",
        "The range's cost, stretched to 30 days. Choose whole days or weeks, or the night is forgotten.",
        f"SELECT sum(cost_usd) / {_RANGE_DAYS} * 30 AS cost FROM {CALLS}",
    ),
    stat(
        "Cost per call",
        "currencyUSD",
        "The mean of priced calls. Rises: longer prompts, longer answers or a dearer model; see below which.",
        f"SELECT sum(cost_usd) / nullIf(count(cost_usd), 0) AS cost FROM {CALLS}",
    ),
    stat(
        "Saved by the provider's cache",
        "currencyUSD",
        "What cached input would have cost more without the cache. Little: put what never changes first in the prompt.",
        f"SELECT sum(cache_savings_usd) AS saved FROM {CALLS}",
    ),
    stat(
        "Unpriced calls",
        "short",
        "Calls whose price nobody knows: their cost is missing here. Add their models (below) to the "
        "price file, then run telltale reprice.",
        f"SELECT countIf(cost_source = 'unpriced') AS calls FROM {CALLS}",
        warning=1,
    ),
    stat(
        "Estimated calls",
        "short",
        "Calls whose tokens were counted here, not by the provider: their cost is near, not exact.",
        f"SELECT countIf(tokens_source = 'estimated') AS calls FROM {CALLS}",
    ),
)

_SPLIT = (
    _over_time(MODEL, "model", "model", "Dollars by model. A dear model grows: does it answer what a cheap one could?"),
    _over_time(
        "service", "application", "service", "Dollars by application. One grows alone: look at its last release."
    ),
    _over_time("user_id", "user", "user", "Dollars by user, the ten dearest. One stands out: abuse, or a loop."),
    _over_time(
        PROMPT, "prompt", "prompt version", "Dollars by prompt template. A step at a new version: it got longer."
    ),
    Panel(
        title="Cost per call by model",
        kind="timeseries",
        by="model",
        unit="currencyUSD",
        width=12,
        description="The mean price of one call. Rises without a price change: prompts or answers grow.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, _PRICED, "sum(cost_usd)")} AS model, avg(toFloat64(cost_usd)) AS cost
            FROM {_PRICED}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Input, output and cache",
        kind="timeseries",
        unit="currencyUSD",
        width=12,
        description="What is paid for input and for output, and what the provider's cache saved. Output grows: set "
        "max_tokens; input grows: trim histories and documents.",
        sql=f"""
            SELECT {TIME}, sum(input_cost_usd) AS input, sum(output_cost_usd) AS output, sum(cache_savings_usd) AS saved
            FROM {CALLS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Money for nothing",
        kind="timeseries",
        unit="currencyUSD",
        width=12,
        stacked=True,
        description="Cost of calls that failed and of answers that were cut at their limit. Bad: mend the errors, "
        "raise max_tokens or ask for shorter answers.",
        sql=f"""
            SELECT {TIME},
                sumIf(cost_usd, status = 'error') AS failed,
                sumIf(cost_usd, status != 'error' AND finish_reason = 'length') AS cut
            FROM {CALLS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Calls by how sure their cost is",
        kind="timeseries",
        by="source",
        unit="short",
        width=12,
        stacked=True,
        description="provider: billed figures; table: list or own prices; estimated: counted tokens; unpriced: "
        "unknown; none: failed and not billed.",
        sql=f"""
            SELECT {TIME}, coalesce(toString(cost_source), 'none') AS source, count() AS calls
            FROM {CALLS}
            GROUP BY time, source
            ORDER BY time, source
        """,
    ),
)

_TABLES = (
    Panel(
        title="Top users",
        kind="table",
        unit="short",
        width=12,
        units={"cost": "currencyUSD", "cost_per_call": "currencyUSD"},
        description="Who costs most. Far above the rest: read some of the user's traces, set a budget.",
        sql=f"""
            SELECT
                coalesce(user_id, 'none') AS user,
                sum(cost_usd) AS cost,
                count() AS calls,
                sum(cost_usd) / nullIf(count(cost_usd), 0) AS cost_per_call,
                sum(input_tokens) AS input,
                sum(output_tokens) AS output,
                countIf(cost_source = 'unpriced') AS unpriced
            FROM {CALLS}
            GROUP BY user
            ORDER BY cost DESC NULLS LAST, user
            LIMIT 50
        """,
    ),
    Panel(
        title="Prompts",
        kind="table",
        unit="short",
        width=12,
        units={"cost": "currencyUSD", "cost_per_call": "currencyUSD"},
        description="What each prompt version costs. Compare versions of one prompt before keeping the newer.",
        sql=f"""
            SELECT
                {PROMPT} AS prompt,
                sum(cost_usd) AS cost,
                count() AS calls,
                sum(cost_usd) / nullIf(count(cost_usd), 0) AS cost_per_call,
                avg(input_tokens) AS input,
                avg(output_tokens) AS output
            FROM {CALLS} AND prompt_name IS NOT NULL
            GROUP BY prompt
            ORDER BY cost DESC NULLS LAST, prompt
            LIMIT 50
        """,
    ),
    Panel(
        title="Cost by tag",
        kind="bar",
        unit="currencyUSD",
        width=8,
        description="Dollars under each tag the application gives; a call with two tags is under both. No bars: set "
        "tags with telltale.context(tags=[...]).",
        sql=f"""
            SELECT arrayJoin(tags) AS tag, sum(cost_usd) AS cost
            FROM {_PRICED}
            GROUP BY tag
            ORDER BY cost DESC, tag
            LIMIT 15
        """,
    ),
    Panel(
        title="Unpriced models",
        kind="table",
        unit="short",
        width=16,
        description="Models without a known price. Each wants a line in the price file; then run telltale reprice.",
        sql=f"""
            SELECT
                coalesce({MODEL}, 'none') AS model,
                coalesce(toString(provider), 'none') AS sold_by,
                count() AS calls,
                sum(input_tokens) AS input,
                sum(output_tokens) AS output
            FROM {CALLS} AND cost_source = 'unpriced'
            GROUP BY model, sold_by
            ORDER BY calls DESC, model
            LIMIT 50
        """,
    ),
    Panel(
        title="Dearest traces",
        kind="table",
        unit="short",
        width=24,
        units={"cost": "currencyUSD"},
        links=(TO_TRACE,),
        description="Requests that cost most. Many calls in one: an agent loops; few: a huge prompt.",
        sql=f"""
            SELECT
                trace_id,
                sum(cost_usd) AS cost,
                count() AS calls,
                sum(input_tokens) AS input,
                sum(output_tokens) AS output,
                any(coalesce(user_id, '')) AS user,
                min(start_time) AS time
            FROM {CALLS}
            GROUP BY trace_id
            ORDER BY cost DESC NULLS LAST, trace_id
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-cost",
    title="Telltale cost",
    description="Money by model, service, user and prompt version; what caches save; what is not known.",
    variables=VARIABLES,
    rows=(Row("Sums", _SUMS), Row("Over time", _SPLIT), Row("Who and what", _TABLES)),
    starts="now-24h",
)
