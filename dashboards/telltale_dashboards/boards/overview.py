"""Is the application well? What is asked first, by whoever is on call."""

from __future__ import annotations

from telltale_dashboards.fragments import (
    CALLS,
    GUARDS,
    MODEL,
    SCORES,
    SPANS,
    TIME,
    VARIABLES,
    cut,
    most,
    percentiles,
    share,
)
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, stat

_FAILED = share("status = 'error'")
_UNPRICED = share("cost_source = 'unpriced'")
_ESTIMATED = share("tokens_source = 'estimated'")
_P95_TTFT = "quantileExactIf(0.95)(assumeNotNull(ttft_ns), ttft_ns IS NOT NULL)"

_NOW = (
    stat(
        "Calls",
        "short",
        "Provider calls (models, embeddings, rerankers), each counted once. Far fewer than usual: look at "
        "the application or at Collector health.",
        f"SELECT count() AS calls FROM {CALLS}",
    ),
    stat(
        "Failed calls",
        "percentunit",
        "Share of calls that ended in an error. Bad: open Latest errors below, and the provider's status page.",
        f"SELECT {_FAILED} AS failed FROM {CALLS}",
        warning=0.01,
        bad=0.05,
    ),
    stat(
        "Cost",
        "currencyUSD",
        "What the priced calls cost. Calls without a known price are not in it: see Unpriced calls. "
        "Higher than usual: open Cost.",
        f"SELECT sum(cost_usd) AS cost FROM {CALLS}",
    ),
    stat(
        "Latency p95",
        "ns",
        "Nineteen of twenty calls are faster than this. Bad: open Latency and compare models and prompt sizes.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.95)(duration_ns)) AS p95 FROM {CALLS}",
        warning=10e9,
        bad=30e9,
    ),
    stat(
        "Time to first token p95",
        "ns",
        "How long users of streamed answers wait before something moves; no data where nothing is "
        "streamed. Bad: shorten prompts, use the provider's prompt cache, or a smaller model.",
        f"SELECT if(countIf(ttft_ns IS NOT NULL) = 0, NULL, {_P95_TTFT}) AS p95 FROM {CALLS}",
        warning=2e9,
        bad=5e9,
    ),
    stat(
        "Tokens",
        "short",
        "Tokens in (cached ones included) and out. Input grows faster than calls: prompts or histories grow.",
        f"SELECT sum(input_tokens) AS input, sum(output_tokens) AS output FROM {CALLS}",
    ),
    stat(
        "Guard blocks",
        "short",
        "What guards refused. A jump is an attack or a guard that is too strict: open Quality, Latest blocks.",
        f"SELECT countIf(guard_verdict = 'block') AS blocks FROM {GUARDS}",
        warning=1,
    ),
    stat(
        "Dislikes",
        "short",
        "Answers that users marked as bad. Open Quality, Worst answers, and read them.",
        f"SELECT countIf(name = 'feedback' AND value < 0) AS dislikes FROM {SCORES}",
        warning=1,
    ),
    stat(
        "Unpriced calls",
        "percentunit",
        "Share of calls whose cost is unknown and missing from every sum. Bad: add the model to the price "
        "file and run telltale reprice.",
        f"SELECT {_UNPRICED} AS unpriced FROM {CALLS}",
        warning=0.001,
        bad=0.1,
    ),
    stat(
        "Estimated calls",
        "percentunit",
        "Share of calls whose tokens were counted here because the provider sent none. Bad: ask for usage "
        "in streams (stream_options include_usage).",
        f"SELECT {_ESTIMATED} AS estimated FROM {CALLS}",
        warning=0.05,
        bad=0.5,
    ),
    stat(
        "Traces",
        "short",
        "Requests to the application. Calls per trace rise: an agent loops.",
        f"SELECT uniqExact(trace_id) AS traces FROM {SPANS}",
    ),
    stat(
        "Users",
        "short",
        "Different users seen. None: the application does not set user.id.",
        f"SELECT uniqExact(user_id) AS users FROM {SPANS}",
    ),
)

_OVER_TIME = (
    Panel(
        title="Calls per second by model",
        kind="timeseries",
        by="model",
        unit="cps",
        description="Traffic. A line that ends: a model or a deployment is gone.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, CALLS)} AS model, count() / {{interval_s:UInt32}} AS calls
            FROM {CALLS}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Failed calls by error",
        kind="timeseries",
        by="error",
        unit="short",
        stacked=True,
        description="Errors by their type. Rate limits: slow down or raise the quota; timeouts: look at Latency.",
        sql=f"""
            SELECT {TIME}, {most("error_type", f"{CALLS} AND status = 'error'")} AS error, count() AS calls
            FROM {CALLS} AND status = 'error'
            GROUP BY time, error
            ORDER BY time, error
        """,
    ),
    Panel(
        title="Cost by model",
        kind="timeseries",
        by="model",
        unit="currencyUSD",
        stacked=True,
        description="Dollars in each step of time. A step up: open Cost and see which user, service or prompt it is.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, CALLS, "sum(cost_usd)")} AS model, sum(cost_usd) AS cost
            FROM {CALLS} AND cost_usd IS NOT NULL
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Latency",
        kind="timeseries",
        unit="ns",
        description="Half, 95 % and 99 % of calls are faster than these. Only p99 rises: single calls hang; set a "
        "timeout.",
        sql=f"""
            SELECT {TIME}, {percentiles("duration_ns")}
            FROM {CALLS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Time to first token",
        kind="timeseries",
        unit="ns",
        description="Of streamed calls: the wait before the answer begins. Rises with prompt size and with the "
        "provider's load.",
        sql=f"""
            SELECT {TIME}, {percentiles("assumeNotNull(ttft_ns)")}
            FROM {CALLS} AND ttft_ns IS NOT NULL
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Tokens per second",
        kind="timeseries",
        unit="cps",
        stacked=True,
        description="Fresh input, input the provider had cached, and output. Cached falls: the prompt's beginning "
        "changes between calls.",
        sql=f"""
            SELECT {TIME},
                (sum(coalesce(input_tokens, 0)) - sum(coalesce(cache_read_tokens, 0))) / {{interval_s:UInt32}} AS fresh,
                sum(coalesce(cache_read_tokens, 0)) / {{interval_s:UInt32}} AS cached,
                sum(coalesce(output_tokens, 0)) / {{interval_s:UInt32}} AS output
            FROM {CALLS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Guard blocks over time",
        kind="timeseries",
        by="guard",
        unit="short",
        stacked=True,
        width=12,
        description="Refusals by guard. One guard jumps after a release: its rule is wrong; all of them jump: an "
        "attack.",
        sql=f"""
            SELECT {TIME}, {most("guard_name", GUARDS)} AS guard, countIf(guard_verdict = 'block') AS blocks
            FROM {GUARDS}
            GROUP BY time, guard
            ORDER BY time, guard
        """,
    ),
    Panel(
        title="Feedback",
        kind="timeseries",
        unit="short",
        stacked=True,
        width=12,
        description="Likes and dislikes of users. More dislikes than usual: open Quality.",
        sql=f"""
            SELECT {cut("created_at")}, countIf(value > 0) AS likes, countIf(value < 0) AS dislikes
            FROM {SCORES} AND name = 'feedback'
            GROUP BY time
            ORDER BY time
        """,
    ),
)

_DETAILS = (
    Panel(
        title="Models",
        kind="table",
        unit="short",
        width=24,
        units={
            "failed": "percentunit",
            "cost": "currencyUSD",
            "p50": "ns",
            "p95": "ns",
            "p99": "ns",
            "ttft_p95": "ns",
            "unpriced": "percentunit",
            "estimated": "percentunit",
        },
        description="Each model's traffic, errors, money and speed. Compare before moving traffic from one to another.",
        sql=f"""
            SELECT
                coalesce({MODEL}, 'none') AS model,
                coalesce(toString(provider), 'none') AS sold_by,
                count() AS calls,
                {_FAILED} AS failed,
                sum(cost_usd) AS cost,
                {percentiles("duration_ns")},
                if(countIf(ttft_ns IS NOT NULL) = 0, NULL, {_P95_TTFT}) AS ttft_p95,
                sum(input_tokens) AS input,
                sum(output_tokens) AS output,
                {_UNPRICED} AS unpriced,
                {_ESTIMATED} AS estimated
            FROM {CALLS}
            GROUP BY model, sold_by
            ORDER BY calls DESC, model
            LIMIT 100
        """,
    ),
    Panel(
        title="Latest errors",
        kind="table",
        unit="short",
        width=24,
        links=(TO_TRACE,),
        description="Steps that failed, newest first. Open the trace and read what was asked and what came back.",
        sql=f"""
            SELECT
                start_time AS time,
                trace_id,
                name AS step,
                coalesce(toString(service), '') AS application,
                coalesce({MODEL}, '') AS model,
                coalesce(toString(error_type), '') AS error,
                coalesce(status_message, '') AS message
            FROM {SPANS} AND status = 'error'
            ORDER BY time DESC, trace_id
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-overview",
    title="Telltale overview",
    description="Traffic, errors, latency, money, guards and feedback of LLM applications.",
    variables=VARIABLES,
    rows=(Row("Now", _NOW), Row("Over time", _OVER_TIME), Row("Details", _DETAILS)),
)
