"""Are the answers good? Scores, feedback, guards, and answers that are visibly broken."""

from __future__ import annotations

from telltale_dashboards.fragments import CALLS, GUARDS, MODEL, PROMPT, SCORES, SPANS, TIME, VARIABLES, cut, most, share
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, stat

_LLM = f"{CALLS} AND kind = 'llm'"
_FEEDBACK = f"{SCORES} AND name = 'feedback'"
_NOT_PASSED = share("guard_verdict != 'pass'")
_LIMITED = share("finish_reason = 'length'")
_EMPTY = "arrayAll((text, extra) -> text = '' AND extra = '', output_messages.content, output_messages.extra)"
# an answer that used up what it was allowed, or was cut there
_CUT = "(finish_reason = 'length' OR coalesce(output_tokens >= max_tokens, false))"

_NOW = (
    stat(
        "Likes",
        "percentunit",
        "Share of feedback that is positive; no data without feedback. Falls: read Worst answers.",
        f"SELECT {share('value > 0')} AS likes FROM {_FEEDBACK}",
    ),
    stat(
        "Dislikes",
        "short",
        "Answers that users marked as bad. Each is worth reading: Worst answers.",
        f"SELECT countIf(value < 0) AS dislikes FROM {_FEEDBACK}",
        warning=1,
    ),
    stat(
        "Traces with a score",
        "percentunit",
        "How much of the traffic anybody, or any evaluator, has judged. Little: the means below say little.",
        f"""
            SELECT uniqExactIf(trace_id, trace_id IN (SELECT assumeNotNull(trace_id) FROM {SCORES} AND trace_id != ''))
                / nullIf(uniqExact(trace_id), 0) AS judged
            FROM {SPANS}
        """,
    ),
    stat(
        "Guard verdicts that are no pass",
        "percentunit",
        "Share of guard checks that flagged, redacted, blocked or failed. Bad: see by guard below.",
        f"SELECT {_NOT_PASSED} AS not_passed FROM {GUARDS}",
        warning=0.05,
        bad=0.2,
    ),
    stat(
        "Cut answers",
        "percentunit",
        "Share of model calls that ended at their length limit: the reader got half a sentence. Bad: "
        "raise max_tokens or ask for less.",
        f"SELECT {_LIMITED} AS cut FROM {_LLM}",
        warning=0.01,
        bad=0.05,
    ),
    stat(
        "Empty answers",
        "percentunit",
        "Share of model calls that succeeded and gave no text, no tool call, nothing. Only calls whose "
        "content is recorded count. Bad: check stop sequences, content filters and the reasoning budget.",
        f"""
            SELECT {share(_EMPTY)} AS empty
            FROM {_LLM} AND status != 'error' AND notEmpty(input_messages.content)
        """,
        warning=0.001,
        bad=0.01,
    ),
)

_OVER_TIME = (
    Panel(
        title="Mean of each score",
        kind="timeseries",
        by="score",
        unit="none",
        width=12,
        description="Scores by name, from people, judges and code; feedback left out. Falls after a release: compare "
        "prompts.",
        sql=f"""
            SELECT {cut("created_at")}, {most("name", f"{SCORES} AND value IS NOT NULL")} AS score, avg(value) AS mean
            FROM {SCORES} AND value IS NOT NULL AND name != 'feedback'
            GROUP BY time, score
            ORDER BY time, score
        """,
    ),
    Panel(
        title="Likes and dislikes",
        kind="timeseries",
        unit="short",
        stacked=True,
        width=12,
        description="Feedback of users over time. Dislikes jump: look for a release or a changed document at that "
        "moment.",
        sql=f"""
            SELECT {cut("created_at")}, countIf(value > 0) AS likes, countIf(value < 0) AS dislikes
            FROM {_FEEDBACK}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Guard verdicts",
        kind="timeseries",
        by="verdict",
        unit="short",
        stacked=True,
        width=12,
        description="What guards said, by guard and verdict, passes left out. 'error' means that a guard itself is "
        "broken.",
        sql=f"""
            SELECT {TIME}, concat(coalesce(toString(guard_name), 'none'), ': ', toString(guard_verdict)) AS verdict,
                count() AS checks
            FROM {GUARDS} AND guard_verdict != 'pass'
            GROUP BY time, verdict
            ORDER BY time, verdict
        """,
    ),
    Panel(
        title="Finish reasons",
        kind="timeseries",
        by="reason",
        unit="percentunit",
        stacked=True,
        width=12,
        description="How model calls end, as shares. 'length': cut answers; 'content_filter': the provider refused; "
        "'cancelled': readers left.",
        sql=f"""
            SELECT time, reason, calls / sum(calls) OVER (PARTITION BY time) AS part
            FROM (
                SELECT {TIME}, coalesce(toString(finish_reason), 'unknown') AS reason, count() AS calls
                FROM {_LLM}
                GROUP BY time, reason
            )
            ORDER BY time, reason
        """,
    ),
    Panel(
        title="Runaway output by model",
        kind="timeseries",
        by="model",
        unit="percentunit",
        width=12,
        description="Share of answers that used all the tokens they were allowed. Jumps: the model repeats itself or "
        "the prompt lost its stop; set stop sequences.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, _LLM)} AS model, {share(_CUT)} AS runaway
            FROM {_LLM}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
    Panel(
        title="Length of answers",
        kind="timeseries",
        unit="short",
        width=12,
        description="Output tokens of an answer: half and 95 % are shorter. p95 jumps alone: some answers run away.",
        sql=f"""
            SELECT {TIME},
                quantileExact(0.5)(assumeNotNull(output_tokens)) AS p50,
                quantileExact(0.95)(assumeNotNull(output_tokens)) AS p95
            FROM {_LLM} AND output_tokens IS NOT NULL
            GROUP BY time
            ORDER BY time
        """,
    ),
)

_TABLES = (
    Panel(
        title="Worst answers",
        kind="table",
        unit="short",
        width=24,
        links=(TO_TRACE,),
        description="Dislikes first, then the lowest scores. Read the traces; keep the telling ones as test cases.",
        sql=f"""
            SELECT
                created_at AS time,
                assumeNotNull(trace_id) AS trace_id,
                name AS score,
                value AS given,
                coalesce(toString(label), '') AS says,
                coalesce(comment, '') AS remark,
                source AS judged_by
            FROM {SCORES} AND coalesce(trace_id, '') != '' AND value < 0.5
            ORDER BY name != 'feedback', value, time DESC
            LIMIT 50
        """,
    ),
    Panel(
        title="Scores by prompt version",
        kind="table",
        unit="short",
        width=12,
        units={"mean": "none", "deviation": "none"},
        description="Mean of each score for each prompt version. A newer version that scores lower should not stay.",
        sql=f"""
            SELECT prompt, name AS score, avg(value) AS mean, stddevPop(value) AS deviation, count() AS scores
            FROM (SELECT trace_id, name, value FROM {SCORES} AND value IS NOT NULL) AS given
            INNER JOIN (
                SELECT DISTINCT trace_id, {PROMPT} AS prompt FROM {SPANS} AND prompt_name IS NOT NULL
            ) AS prompts ON given.trace_id = prompts.trace_id
            GROUP BY prompt, score
            ORDER BY prompt, score
            LIMIT 200
        """,
    ),
    Panel(
        title="Guards",
        kind="table",
        unit="short",
        width=12,
        units={"p95": "ns"},
        description="What each guard checked and said, and how long it takes. Blocks nothing ever: is it needed? "
        "Errors: mend the guard.",
        sql=f"""
            SELECT
                coalesce(toString(guard_name), 'none') AS guard,
                coalesce(toString(guard_stage), '') AS stage,
                count() AS checks,
                countIf(guard_verdict = 'flag') AS flagged,
                countIf(guard_verdict = 'redact') AS redacted,
                countIf(guard_verdict = 'block') AS blocked,
                countIf(guard_verdict = 'error') AS failed,
                quantileExact(0.95)(duration_ns) AS p95
            FROM {GUARDS}
            GROUP BY guard, stage
            ORDER BY checks DESC, guard, stage
            LIMIT 100
        """,
    ),
    Panel(
        title="Latest blocks",
        kind="table",
        unit="short",
        width=12,
        links=(TO_TRACE,),
        description="What guards refused, newest first. Harmless texts here: the guard is too strict.",
        sql=f"""
            SELECT
                start_time AS time,
                trace_id,
                coalesce(toString(guard_name), 'none') AS guard,
                coalesce(toString(guard_stage), '') AS stage,
                coalesce(guard_reason, '') AS reason,
                coalesce(user_id, '') AS user
            FROM {GUARDS} AND guard_verdict = 'block'
            ORDER BY time DESC, trace_id
            LIMIT 50
        """,
    ),
    Panel(
        title="Latest cut answers",
        kind="table",
        unit="short",
        width=12,
        links=(TO_TRACE,),
        description="Answers that ended at their limit, newest first. Longer than needed: ask for less; else raise "
        "max_tokens.",
        sql=f"""
            SELECT
                start_time AS time,
                trace_id,
                coalesce({MODEL}, '') AS model,
                output_tokens AS output,
                max_tokens AS allowed,
                right(output_text, 120) AS ends_with
            FROM {_LLM} AND finish_reason = 'length'
            ORDER BY time DESC, trace_id
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-quality",
    title="Telltale quality",
    description="Scores, feedback, guards and visibly broken answers.",
    variables=VARIABLES,
    rows=(Row("Now", _NOW), Row("Over time", _OVER_TIME), Row("What to read", _TABLES)),
    starts="now-24h",
)
