"""Where time goes: whole calls, first tokens, streams, steps, traces."""

from __future__ import annotations

from telltale_dashboards.fragments import CALLS, MODEL, SPANS, TIME, VARIABLES, most, percentiles
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, stat

_STREAMED = f"{CALLS} AND ttft_ns IS NOT NULL"
# the time in which an answer is written: after the first token where that is known
_WRITING_S = "(duration_ns - coalesce(ttft_ns, 0)) / 1e9"
_WRITTEN = f"{CALLS} AND kind = 'llm' AND output_tokens > 1 AND {_WRITING_S} > 0 AND coalesce(cache_hit, false) = false"


def _stat(title: str, level: float, seconds: tuple[float, float], description: str) -> Panel:
    return stat(
        title,
        "ns",
        description,
        f"SELECT if(count() = 0, NULL, quantileExact({level})(duration_ns)) AS latency FROM {CALLS}",
        warning=seconds[0] * 1e9,
        bad=seconds[1] * 1e9,
    )


_NOW = (
    _stat("Latency p50", 0.5, (5, 15), "The usual call. Bad: a smaller model, shorter answers, or streaming."),
    _stat("Latency p95", 0.95, (10, 30), "One call in twenty is slower. Bad: see Latency by model and by prompt size."),
    _stat("Latency p99", 0.99, (30, 60), "One call in a hundred is slower. Bad: set timeouts and retry elsewhere."),
    stat(
        "Time to first token p50",
        "ns",
        "The usual wait of a streamed call; no data where nothing is streamed. Bad: shorter prompts, prompt cache.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.5)(assumeNotNull(ttft_ns))) AS ttft FROM {_STREAMED}",
        warning=1e9,
        bad=3e9,
    ),
    stat(
        "Time to first token p95",
        "ns",
        "One streamed call in twenty waits longer. Bad: see by model below; the provider may be overloaded.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.95)(assumeNotNull(ttft_ns))) AS ttft FROM {_STREAMED}",
        warning=2e9,
        bad=5e9,
    ),
    stat(
        "Output tokens per second",
        "cps",
        "Median speed at which one answer is written, from its first token on where that is known. Below "
        "ten, people read faster than the model writes.",
        f"""
            SELECT if(count() = 0, NULL, quantileExact(0.5)(assumeNotNull(output_tokens) / ({_WRITING_S}))) AS speed
            FROM {_WRITTEN}
        """,
    ),
)

_OVER_TIME = (
    Panel(
        title="Latency",
        kind="timeseries",
        unit="ns",
        width=12,
        description="Half, 95 % and 99 % of calls are faster than these. They part: some calls hang while most are "
        "well.",
        sql=f"""
            SELECT {TIME}, {percentiles("duration_ns")}
            FROM {CALLS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Latency p95 by model",
        kind="timeseries",
        by="model",
        unit="ns",
        width=12,
        description="Which model is slow. One rises alone: its provider; all rise: the network or the prompts.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, CALLS)} AS model, quantileExact(0.95)(duration_ns) AS p95
            FROM {CALLS}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Time to first token",
        kind="timeseries",
        unit="ns",
        width=12,
        description="Of streamed calls: the wait before the answer begins. Rises with prompt size and the provider's "
        "load.",
        sql=f"""
            SELECT {TIME}, {percentiles("assumeNotNull(ttft_ns)")}
            FROM {_STREAMED}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Time to first token p95 by model",
        kind="timeseries",
        by="model",
        unit="ns",
        width=12,
        description="Which model lets its readers wait. Compare with Latency p95 by model: if only this rises, it "
        "queues.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, _STREAMED)} AS model, quantileExact(0.95)(assumeNotNull(ttft_ns)) AS p95
            FROM {_STREAMED}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Output tokens per second by model",
        kind="timeseries",
        by="model",
        unit="cps",
        width=12,
        description="Median speed of one answer. Falls: the provider is loaded; move to another region or model.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, _WRITTEN)} AS model,
                quantileExact(0.5)(assumeNotNull(output_tokens) / ({_WRITING_S})) AS speed
            FROM {_WRITTEN}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="How long calls take",
        kind="heatmap",
        by="up_to",
        unit="ms",
        width=12,
        description="Calls by duration, in milliseconds, each band twice as long as the one below. Two bands apart: "
        "two kinds of calls, often cached and not.",
        sql=f"""
            SELECT {TIME}, printf('%9.0f', exp2(ceil(log2(greatest(duration_ns / 1e6, 1))))) AS up_to, count() AS calls
            FROM {CALLS}
            GROUP BY time, up_to
            ORDER BY time, up_to
        """,
    ),
    Panel(
        title="Time per trace by kind of step",
        kind="timeseries",
        by="step",
        unit="ns",
        width=24,
        description="Mean time a request spends in each kind of step (a step's children are in it, so agents and "
        "chains hold the rest). Shows whether to speed up retrieval, tools or models.",
        sql=f"""
            SELECT {TIME}, kind AS step, sum(duration_ns) / uniqExact(trace_id) AS per_trace
            FROM {SPANS} AND duplicate_of IS NULL
            GROUP BY time, step
            ORDER BY time, step
        """,
    ),
)

_TABLES = (
    Panel(
        title="Latency by prompt size",
        kind="table",
        unit="short",
        width=12,
        units={"p50": "ns", "p95": "ns", "ttft_p95": "ns"},
        description="Calls by input tokens, each line twice as many as the one above. Time grows down the lines: trim "
        "histories and documents.",
        sql=f"""
            SELECT
                exp2(ceil(log2(greatest(input_tokens, 1)))) AS up_to_tokens,
                count() AS calls,
                quantileExact(0.5)(duration_ns) AS p50,
                quantileExact(0.95)(duration_ns) AS p95,
                if(count(ttft_ns) = 0, NULL,
                    quantileExactIf(0.95)(assumeNotNull(ttft_ns), ttft_ns IS NOT NULL)) AS ttft_p95
            FROM {CALLS} AND input_tokens IS NOT NULL
            GROUP BY up_to_tokens
            ORDER BY up_to_tokens
        """,
    ),
    Panel(
        title="Slowest traces",
        kind="table",
        unit="short",
        width=12,
        units={"duration": "ns"},
        links=(TO_TRACE,),
        description="Requests that took longest, from first to last step. Open one: its waterfall shows the step that "
        "holds it up.",
        sql=f"""
            SELECT
                trace_id,
                toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) AS duration,
                count() AS steps,
                countIf(status = 'error') AS errors,
                argMin(name, (parent_span_id IS NOT NULL, start_time)) AS request,
                any(coalesce(toString(service), '')) AS application,
                min(start_time) AS time
            FROM {SPANS}
            GROUP BY trace_id
            ORDER BY duration DESC, trace_id
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-latency",
    title="Telltale latency",
    description="How long calls take, how long readers wait, and where a request's time goes.",
    variables=VARIABLES,
    rows=(Row("Now", _NOW), Row("Over time", _OVER_TIME), Row("Where to look", _TABLES)),
)
