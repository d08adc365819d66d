"""What many panels' SQL has in common: which spans are looked at, what counts as a call, how time is cut.

``FROM {CALLS}`` ends in a WHERE: more conditions follow with AND.
"""

from __future__ import annotations

from telltale_dashboards.panel import Variable

MODEL = "coalesce(response_model, request_model)"


def chosen(variable: str, condition: str) -> str:
    """``condition`` where something is chosen of a variable with many; everything where nothing is.

    Args:
        condition: an expression that compares with ``IN {variable:Array(String)}``.
    """
    return f"(empty({{{variable}:Array(String)}}) OR {condition})"


def within(column: str) -> str:
    """The time range, on a time column."""
    return (
        f"{column} >= fromUnixTimestamp64Nano({{from_time:Int64}})"
        f" AND {column} < fromUnixTimestamp64Nano({{to_time:Int64}})"
    )


def started_since(days: int) -> str:
    """A bound on the start, so many days before the time range: how far back the table is read."""
    return f"start_time >= fromUnixTimestamp64Nano(greatest({{from_time:Int64}} - {days * 86_400_000_000_000}, 0))"


def cut(column: str) -> str:
    """The point of a time series that a time falls into."""
    return f"toStartOfInterval({column}, toIntervalSecond({{interval_s:UInt32}})) AS time"


def share(condition: str) -> str:
    """The share of rows that meet a condition; null where there are no rows."""
    return f"countIf({condition}) / nullIf(count(), 0)"


def percentiles(number: str) -> str:
    """Below which half, 95 % and 99 % of the rows are, exactly, as p50, p95 and p99."""
    return ", ".join(f"quantileExact(0.{level})({number}) AS p{level}" for level in ("50", "95", "99"))


OF_PROJECT = "project = {project:String}"
IS_CALL = "kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL"
"""A provider call, each once: an instrumentation that tells of one again is marked as its duplicate."""

_APPLICATION = (
    chosen("service", "service IN {service:Array(String)}")
    + " AND "
    + chosen("environment", "environment IN {environment:Array(String)}")
)

SPANS = f"spans FINAL WHERE {OF_PROJECT} AND {within('start_time')} AND {_APPLICATION}"
"""Spans that start in the time range."""

CALLS = f"{SPANS} AND {IS_CALL} AND {chosen('model', f'{MODEL} IN {{model:Array(String)}}')}"
"""Provider calls, each once, as the API's usage counts them."""

GUARDS = f"{SPANS} AND guard_verdict IS NOT NULL"

ARRIVALS = f"spans FINAL WHERE {OF_PROJECT} AND {within('received_at')} AND {started_since(days=1)} AND {_APPLICATION}"
"""Spans by when they arrived. Only those that began at most a day before the range: the table is ordered by start."""

SCORES = f"scores FINAL WHERE {OF_PROJECT} AND {within('created_at')} AND " + chosen(
    "service",
    f"trace_id IN (SELECT trace_id FROM spans WHERE {OF_PROJECT} AND service IN {{service:Array(String)}})",
)
"""Scores given in the time range."""

TIME = cut("start_time")


def most(expression: str, rows: str, weight: str = "count()", limit: int = 10) -> str:
    """A text expression, with all but its heaviest values folded into ``other``: a legend stays readable.

    Args:
        rows: what follows FROM.
        weight: an aggregate.
    """
    text = f"coalesce(toString({expression}), 'none')"
    heaviest = f"SELECT {text} FROM {rows} GROUP BY {text} ORDER BY {weight} DESC, {text} LIMIT {limit}"
    return f"if({text} IN ({heaviest}), {text}, 'other')"


_VERSION = "coalesce(prompt_version, left(prompt_hash, 8), 'unversioned')"
PROMPT = f"if(prompt_name IS NULL, NULL, concat(prompt_name, '@', {_VERSION}))"
"""A prompt template and its version."""


def _values(expression: str, rows: str) -> str:
    return (
        f"SELECT DISTINCT assumeNotNull({expression}) AS value FROM {rows} AND isNotNull({expression}) ORDER BY value"
    )


_SPANS_OF_PROJECT = f"spans WHERE {OF_PROJECT} AND {within('start_time')}"

PROJECT = Variable(
    name="project",
    label="Project",
    description="The tenant whose data is shown.",
    sql="SELECT DISTINCT project AS value FROM spans ORDER BY value",
    default="default",
)
SERVICE = Variable(
    name="service",
    label="Service",
    description="Applications, by service.name.",
    sql=_values("service", _SPANS_OF_PROJECT),
    many=True,
)
ENVIRONMENT = Variable(
    name="environment",
    label="Environment",
    description="Such as production or staging, by deployment.environment.name.",
    sql=_values("environment", _SPANS_OF_PROJECT),
    many=True,
)
MODELS = Variable(
    name="model",
    label="Model",
    description="Models that answered; what counts calls is narrowed, the rest is not.",
    sql=_values(MODEL, _SPANS_OF_PROJECT),
    many=True,
)

VARIABLES = (PROJECT, SERVICE, ENVIRONMENT, MODELS)
"""What all boards over many traces let you choose."""
