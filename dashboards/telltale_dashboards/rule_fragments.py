"""What rules' SQL has in common: rows with labels, calls of a window, usage from roll-ups, what budgets are spent on.

Windows of a minute to an hour read the spans. Longer ones read ``usage_minutes`` for the hours that are rolled up, and
the spans for the rest: the same sums at a hundredth of the work.
"""

from __future__ import annotations

from collections.abc import Mapping

from telltale_dashboards.fragments import IS_CALL, MODEL, OF_PROJECT, PROMPT, within

MINUTE, HOUR, DAY = 60, 3600, 86_400

FROM = "fromUnixTimestamp64Nano({from_time:Int64})"
TO = "fromUnixTimestamp64Nano({to_time:Int64})"

CALLS = f"spans FINAL WHERE {OF_PROJECT} AND {within('start_time')} AND {IS_CALL} AND NOT is_open"
"""Provider calls that began within the window and are over, each once."""

SPANS = f"spans WHERE {OF_PROJECT} AND {within('start_time')}"
"""Spans of the window, cheaper than each once: one that was sent twice may count twice."""

SCORES = f"scores FINAL WHERE {OF_PROJECT} AND {within('created_at')} AND value IS NOT NULL"

DOLLARS = "toFloat64(ifNull(cost_usd, 0))"
DIMENSIONS = {
    "model": MODEL,
    "service": "service",
    "environment": "environment",
    "user": "user_id",
    "prompt": PROMPT,
    "route": "route",
}
"""What may explain a sum over calls."""


def last(seconds: int, column: str = "start_time") -> str:
    """The end of the window."""
    return f"{column} >= {ago(seconds)}"


def ago(seconds: int) -> str:
    """The moment so long before the window's end."""
    return f"fromUnixTimestamp64Nano({{to_time:Int64}} - {seconds * 1_000_000_000})"


def labelled(labels: Mapping[str, str], value: str, rows: str, having: str, most: int = 0) -> str:
    """A rule's SELECT: a row for each combination of labels.

    Args:
        labels: name to expression; what is unknown becomes ``''``.
        value: an aggregate.
        rows: what follows FROM, ending in a WHERE or a subquery.
        having: which rows have enough behind them.
        most: rows at most, the greatest values; 0: all.
    """
    # labels may be named as columns are, and must not stand for them where rows are chosen
    keys = "".join(f"ifNull(toString({expression}), '') AS by_{name}, " for name, expression in labels.items())
    grouped = f" GROUP BY {', '.join(f'by_{name}' for name in labels)}" if labels else ""
    chosen = f" ORDER BY found DESC LIMIT {most}" if most else ""
    names = "".join(f"by_{name} AS {name}, " for name in labels)
    return (
        f"SELECT {names}found AS value FROM ("
        f"SELECT {keys}ifNull(toFloat64({value}), 0) AS found FROM {rows}{grouped} HAVING {having}{chosen})"
    )


def burn(bad: str, number: str, recent: str, budget: float) -> str:
    """How many times faster than allowed an error budget is used up: what the window and its end have in common.

    Args:
        bad: an aggregate with ``{}`` for a condition, such as ``countIf(failed AND {})``.
        number: likewise, of what there is.
        recent: the condition of the window's end.
        budget: the share that may be bad.
    """
    long = f"{_whole(bad)} / greatest({_whole(number)}, 1)"
    short = f"{bad.format(recent)} / greatest({number.format(recent)}, 1)"
    return f"least({long}, {short}) / {budget}"


def _whole(aggregate: str) -> str:
    return aggregate.format("true").replace(" AND true)", ")").replace("countIf(true)", "count()")


def wilson(bad: str) -> str:
    """What the share of bad rows is at least, with 95 % certainty: few rows say little."""
    share, number = f"(countIf({bad}) / count())", "count()"
    spread = f"sqrt({share} * (1 - {share}) / {number} + 0.9604 / ({number} * {number}))"
    return f"greatest(({share} + 1.9208 / {number} - 1.96 * {spread}) / (1 + 3.8416 / {number}), 0)"


# --- usage, from roll-ups where there are some ----------------------------------------------------------------------

_KEYS = "service, environment, request_model, response_model, prompt_name"
_ROLLED = (
    "calls, errors, guard_block AS blocks, ifNull(input_tokens, 0) AS input, ifNull(output_tokens, 0) AS output,"
    " ifNull(cache_read_tokens, 0) AS cached, ifNull(cost_usd, 0) AS usd"
)


def _of_calls(number: str) -> str:
    return f"if({IS_CALL}, {number}, 0)"


_OF_SPANS = (
    f"toUInt64({IS_CALL}) AS calls, toUInt64({IS_CALL} AND status = 'error') AS errors,"
    f" toUInt64(ifNull(guard_verdict = 'block', false)) AS blocks, {_of_calls('ifNull(input_tokens, 0)')} AS input,"
    f" {_of_calls('ifNull(output_tokens, 0)')} AS output, {_of_calls('ifNull(cache_read_tokens, 0)')} AS cached,"
    f" {_of_calls('ifNull(cost_usd, 0)')} AS usd"
)


def usage(since: str = FROM) -> str:
    """A subquery: what calls used and guards said, at the time ``at``, to the minute where it is rolled up.

    Columns: at, service, environment, request_model, response_model, prompt_name, calls, errors, blocks, input, output,
    cached (tokens), usd.

    Args:
        since: an expression, the first moment to read.
    """
    return (
        f"(WITH held AS (SELECT hour, max(generation) AS generation FROM rolled_hours WHERE {OF_PROJECT}"
        f" AND hour >= {since} AND hour + toIntervalHour(1) <= {TO} GROUP BY hour)"
        f" SELECT toDateTime64(minute, 9, 'UTC') AS at, {_KEYS}, {_ROLLED} FROM usage_minutes"
        f" WHERE {OF_PROJECT} AND hour >= {since} AND hour < {TO}"
        " AND (hour, generation) IN (SELECT hour, generation FROM held)"
        f" UNION ALL SELECT start_time AS at, {_KEYS}, {_OF_SPANS} FROM spans FINAL"
        f" WHERE {OF_PROJECT} AND start_time >= {since} AND start_time < {TO} AND NOT is_open"
        f" AND (kind IN ('llm', 'embedding', 'reranker') OR guard_verdict IS NOT NULL)"
        " AND toStartOfHour(start_time) NOT IN (SELECT hour FROM held))"
    )


# --- budgets --------------------------------------------------------------------------------------------------------

_NOW = f"toTimeZone({TO}, 'UTC')"
WINDOW_START = (
    f"multiIf(window = 'hour', toDateTime(toStartOfHour({_NOW}), 'UTC'),"
    f" window = 'day', toDateTime(toStartOfDay({_NOW}), 'UTC'),"
    f" window = 'month', toDateTime(toStartOfMonth({_NOW}), 'UTC'),"
    f" toDateTime({_NOW}, 'UTC') - toIntervalSecond(ifNull(window_s, 0)))"
)
"""When a budget's current window began, in UTC."""

_WINDOW_HOURS = "multiIf(window = 'hour', 1, window = 'day', 24, window = 'month', 720, ifNull(window_s, 0) / 3600)"
_ABOUT_FEW = "(about['user_id'] != '' OR about['session_id'] != '' OR about['tag'] != '')"
_MODEL_IS = "(about['model'] = '' OR response_model = about['model'] OR request_model = about['model'])"


def _is(*keys: str) -> str:
    return " AND ".join(f"(about['{key}'] = '' OR {key} = about['{key}'])" for key in keys)


_ROLLED_MATCH = f"{_is('service', 'environment', 'prompt_name')} AND {_MODEL_IS}"
MATCHES_BUDGET = (
    f"{_ROLLED_MATCH} AND {_is('user_id', 'session_id')} AND (about['tag'] = '' OR has(tags, about['tag']))"
)


def spending(since: str = FROM, mark: str = TO) -> str:
    """A subquery: what was spent of each budget, at the time ``at`` or later.

    What roll-ups know is added up between the moments that matter before it meets the budgets: a few rows for each,
    instead of all of a month. ``at`` is the moment before, so it compares as the call's own time does.

    Roll-ups know no users, sessions and tags: budgets about some of these are counted from the spans. Where there are
    no budgets, nothing is read.

    Columns: budget, at, usd, calls, tokens, hours (of the budget's window), limit_usd, limit_calls, limit_tokens.

    Args:
        since: an expression over the table ``budgets``, the first moment that counts.
        mark: another moment that ``at`` is compared with.
    """
    given = "budget, hours, limit_usd, limit_calls, limit_tokens"
    return (
        f"(WITH known AS (SELECT name AS budget, filter AS about, {since} AS since, {_WINDOW_HOURS} AS hours,"
        f" limit_usd, limit_calls, limit_tokens FROM budgets FINAL WHERE {OF_PROJECT} AND NOT is_removed),"
        f" wide AS (SELECT * FROM known WHERE NOT {_ABOUT_FEW}), narrow AS (SELECT * FROM known WHERE {_ABOUT_FEW})"
        f" SELECT {given}, slot AS at, sum_usd AS usd, sum_calls AS calls, sum_tokens AS tokens"
        f" FROM (WITH (SELECT arraySort(arrayPushBack(groupUniqArray({_moment('since')}), {_moment(mark)})) FROM wide)"
        f" AS moments SELECT {_KEYS}, arrayLast(moment -> moment <= at, moments) AS slot, sum(usd) AS sum_usd,"
        f" sum(calls) AS sum_calls, sum(input + output) AS sum_tokens FROM {usage(_earliest('wide'))}"
        f" WHERE calls > 0 GROUP BY {_KEYS}, slot) AS used CROSS JOIN wide WHERE slot >= since AND {_ROLLED_MATCH}"
        f" UNION ALL SELECT {given}, start_time AS at, ifNull(cost_usd, 0) AS usd, toUInt64(1) AS calls,"
        " ifNull(input_tokens, 0) + ifNull(output_tokens, 0) AS tokens"
        f" FROM {_NEWEST_OF_FEW} AS used"
        f" CROSS JOIN narrow WHERE at >= since AND {IS_CALL} AND NOT is_open AND {MATCHES_BUDGET})"
    )


def _moment(expression: str) -> str:
    return f"toDateTime64({expression}, 9, 'UTC')"


def _earliest(budgets: str) -> str:
    return f"(SELECT ifNull(minOrNull(toDateTime64(since, 9)), {TO}) FROM {budgets})"


_OF_NARROW = f"{OF_PROJECT} AND start_time >= {_earliest('narrow')} AND start_time < {TO}"
_NEWEST_OF_FEW = (
    # a version may say another user than the one before: what is newest is known before it meets the budgets; of the
    # few spans alone, as FINAL would read all of them
    "(SELECT start_time, service, environment, request_model, response_model, prompt_name, user_id, session_id, tags,"
    " cost_usd, input_tokens, output_tokens, kind, duplicate_of, is_open FROM spans"
    f" WHERE {_OF_NARROW} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM spans WHERE {_OF_NARROW}"
    " AND (user_id IN (SELECT about['user_id'] FROM narrow)"
    " OR session_id IN (SELECT about['session_id'] FROM narrow)"
    " OR hasAny(tags, (SELECT groupArray(about['tag']) FROM narrow))))"
    " ORDER BY received_at DESC LIMIT 1 BY trace_id, span_id)"
)
"""A subquery of :func:`spending`: spans that budgets about users, sessions and tags may count, each as it came last."""

CALLS_OF_BUDGETS = (
    "spans FINAL CROSS JOIN (SELECT name AS budget, filter AS about FROM budgets FINAL"
    f" WHERE {OF_PROJECT} AND NOT is_removed) AS known"
    f" WHERE {OF_PROJECT} AND {within('start_time')} AND {IS_CALL} AND NOT is_open AND {MATCHES_BUDGET}"
)
"""Calls with the budgets they count for, a row for each."""
