"""Does everything arrive, in time and once? Read from the spans themselves, by when they arrived."""

from __future__ import annotations

from telltale_dashboards.fragments import (
    ARRIVALS,
    ENVIRONMENT,
    PROJECT,
    SERVICE,
    cut,
    most,
    percentiles,
    share,
    started_since,
)
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, stat

_ARRIVED = cut("arrived_at")
_DELAY = "greatest(toUnixTimestamp64Nano(arrived_at) - toUnixTimestamp64Nano(end_time), 0)"
_LATE = f"{_DELAY} > 300e9"
_AHEAD = "toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(arrived_at) > 1e9"
# a parent may have arrived before the time range, or begun before the day that is looked at
_ORPHAN = (
    "parent_span_id IS NOT NULL AND (trace_id, assumeNotNull(parent_span_id)) NOT IN"
    f" (SELECT trace_id, span_id FROM spans WHERE project = {{project:String}} AND {started_since(days=2)})"
)
_CALL_KINDS = "kind IN ('llm', 'embedding', 'reranker')"

_NOW = (
    stat(
        "Spans received",
        "short",
        "Spans that arrived and are stored. None: nothing is sent, or the collector is down; ask its /readyz.",
        f"SELECT count() AS spans FROM {ARRIVALS}",
    ),
    stat(
        "Arrival delay p95",
        "ns",
        "From a span's end to its acceptance. Bad: senders were cut off and catch up, or batch too long.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.95)({_DELAY})) AS delay FROM {ARRIVALS}",
        warning=60e9,
        bad=300e9,
    ),
    stat(
        "Late spans",
        "percentunit",
        "Share that arrived more than five minutes after its end. Alerts looked before it came. Bad: look "
        "for outages at the senders.",
        f"SELECT {share(_LATE)} AS late FROM {ARRIVALS}",
        warning=0.01,
        bad=0.1,
    ),
    stat(
        "Orphans",
        "percentunit",
        "Share of spans whose parent is not here. Bad: a service in between is not traced here, drops "
        "spans, or samples them away.",
        f"SELECT {share(_ORPHAN)} AS orphans FROM {ARRIVALS}",
        warning=0.01,
        bad=0.1,
    ),
    stat(
        "Duplicates marked",
        "percentunit",
        "Share of call spans that describe a call another span describes too. They are counted once; "
        "still, switch one of the two instrumentations off.",
        f"SELECT {share('duplicate_of IS NOT NULL')} AS duplicates FROM {ARRIVALS} AND {_CALL_KINDS}",
        warning=0.05,
        bad=0.3,
    ),
    stat(
        "Clocks ahead",
        "percentunit",
        "Share of spans that ended in the collector's future. Bad: a sender's clock is wrong; run a time service.",
        f"SELECT {share(_AHEAD)} AS ahead FROM {ARRIVALS}",
        warning=0.001,
        bad=0.05,
    ),
)

_OVER_TIME = (
    Panel(
        title="Spans received per second by service",
        kind="timeseries",
        by="application",
        unit="cps",
        stacked=True,
        width=12,
        description="What arrives, by sender. A sender stops: it is down, or cannot reach the collector.",
        sql=f"""
            SELECT {_ARRIVED}, {most("service", ARRIVALS)} AS application, count() / {{interval_s:UInt32}} AS spans
            FROM {ARRIVALS}
            GROUP BY time, application
            ORDER BY time, application
        """,
    ),
    Panel(
        title="Arrival delay",
        kind="timeseries",
        unit="ns",
        width=12,
        description="From a span's end to its acceptance. A saw-tooth: a sender was cut off and sent what it had kept.",
        sql=f"""
            SELECT {_ARRIVED}, {percentiles(_DELAY)}
            FROM {ARRIVALS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Faults over time",
        kind="timeseries",
        unit="short",
        width=12,
        description="Orphans, marked duplicates and late spans. A step at a release: its instrumentation changed.",
        sql=f"""
            SELECT {_ARRIVED},
                countIf({_ORPHAN}) AS orphans,
                countIf(duplicate_of IS NOT NULL) AS duplicates,
                countIf({_LATE}) AS late
            FROM {ARRIVALS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Spans received per second by dialect",
        kind="timeseries",
        by="speaks",
        unit="cps",
        stacked=True,
        width=12,
        description="Which instrumentations speak. 'none' are plain spans; calls among them are not recognised.",
        sql=f"""
            SELECT {_ARRIVED}, {most("dialect", ARRIVALS)} AS speaks, count() / {{interval_s:UInt32}} AS spans
            FROM {ARRIVALS}
            GROUP BY time, speaks
            ORDER BY time, speaks
        """,
    ),
)

_TABLES = (
    Panel(
        title="Senders",
        kind="table",
        unit="short",
        width=24,
        units={
            "late": "percentunit",
            "orphans": "percentunit",
            "no_model": "percentunit",
            "no_usage": "percentunit",
            "delay_p95": "ns",
        },
        description="Each service and instrumentation: what comes, how late, and what its calls lack. telltale doctor "
        "says how to mend it.",
        sql=f"""
            SELECT
                coalesce(toString(service), 'none') AS application,
                coalesce(toString(scope), 'none') AS instrumentation,
                coalesce(toString(dialect), 'none') AS speaks,
                count() AS spans,
                quantileExact(0.95)({_DELAY}) AS delay_p95,
                {share(_LATE)} AS late,
                {share(_ORPHAN)} AS orphans,
                countIf(duplicate_of IS NOT NULL) AS duplicates,
                countIf({_CALL_KINDS} AND coalesce(response_model, request_model) IS NULL)
                    / nullIf(countIf({_CALL_KINDS}), 0) AS no_model,
                countIf({_CALL_KINDS} AND status != 'error' AND input_tokens IS NULL AND output_tokens IS NULL)
                    / nullIf(countIf({_CALL_KINDS}), 0) AS no_usage,
                max(arrived_at) AS newest
            FROM {ARRIVALS}
            GROUP BY application, instrumentation, speaks
            ORDER BY spans DESC, application, instrumentation
            LIMIT 100
        """,
    ),
    Panel(
        title="Latest orphans",
        kind="table",
        unit="short",
        width=12,
        links=(TO_TRACE,),
        description="Spans whose parent never came. Their trace is torn: trace the service that calls them too.",
        sql=f"""
            SELECT
                arrived_at AS time,
                trace_id,
                name AS step,
                coalesce(toString(service), 'none') AS application,
                coalesce(toString(scope), 'none') AS instrumentation
            FROM {ARRIVALS} AND {_ORPHAN}
            ORDER BY time DESC, trace_id, step
            LIMIT 50
        """,
    ),
    Panel(
        title="Latest late spans",
        kind="table",
        unit="short",
        width=12,
        units={"delay": "ns"},
        links=(TO_TRACE,),
        description="Spans that came more than five minutes after they ended. One sender: its network; all: the "
        "collector was away.",
        sql=f"""
            SELECT
                arrived_at AS time,
                trace_id,
                name AS step,
                coalesce(toString(service), 'none') AS application,
                {_DELAY} AS delay
            FROM {ARRIVALS} AND {_LATE}
            ORDER BY time DESC, trace_id, step
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-health",
    title="Telltale collector health",
    description="Whether everything arrives, in time, once and whole. Spans count by when they arrived; those that "
    "began more than a day before the range are left out.",
    variables=(PROJECT, SERVICE, ENVIRONMENT),
    rows=(Row("Now", _NOW), Row("Over time", _OVER_TIME), Row("Who", _TABLES)),
)
