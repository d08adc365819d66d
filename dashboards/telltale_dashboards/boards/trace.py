"""One trace: its steps in time, how they hang together, what was said, found and judged."""

from __future__ import annotations

from telltale_dashboards.fragments import MODEL, PROJECT
from telltale_dashboards.panel import Board, Panel, Row, Variable, stat

_HERE = "project = {project:String} AND trace_id = {trace_id:String}"
_STEPS = f"spans FINAL WHERE {_HERE}"
_CALLS = f"{_STEPS} AND kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL"
_START = f"(SELECT min(toUnixTimestamp64Nano(start_time)) FROM {_STEPS})"

_SUMS = (
    stat(
        "Duration",
        "ns",
        "From the first step's start to the last one's end.",
        f"""
            SELECT if(count() = 0, NULL,
                toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time))) AS duration
            FROM {_STEPS}
        """,
    ),
    stat(
        "Cost",
        "currencyUSD",
        "What its priced calls cost; no data where none is priced.",
        f"SELECT sum(cost_usd) AS cost FROM {_CALLS}",
    ),
    stat(
        "Calls",
        "short",
        "Provider calls, each once. Many: an agent loops.",
        f"SELECT count() AS calls FROM {_CALLS}",
    ),
    stat(
        "Tokens",
        "short",
        "Tokens in (cached ones included) and out.",
        f"SELECT sum(input_tokens) AS input, sum(output_tokens) AS output FROM {_CALLS}",
    ),
    stat(
        "Errors",
        "short",
        "Steps that failed. Find them red in the waterfall below.",
        f"SELECT countIf(status = 'error') AS errors FROM {_STEPS}",
    ),
    stat(
        "Guard verdicts that are no pass",
        "short",
        "Guards that flagged, redacted, blocked or failed: see Guards below.",
        f"SELECT countIf(guard_verdict != 'pass') AS verdicts FROM {_STEPS}",
    ),
)

_SHAPE = (
    Panel(
        title="Waterfall",
        kind="traces",
        unit="ms",
        width=24,
        description="Every step in time, with its attributes and events. The longest bar that no child fills is where "
        "time goes. Empty: no trace has this id in this project.",
        sql="""
            SELECT
                TraceId AS traceID,
                SpanId AS spanID,
                ParentSpanId AS parentSpanID,
                SpanName AS operationName,
                ServiceName AS serviceName,
                arrayMap(key -> map('key', key, 'value', ResourceAttributes[key]), mapKeys(ResourceAttributes))
                    AS serviceTags,
                arrayMap(key -> map('key', key, 'value', SpanAttributes[key]), mapKeys(SpanAttributes)) AS tags,
                arrayMap(
                    (name, time, attributes) -> CAST(
                        (name, toUnixTimestamp64Nano(time) / 1e6,
                            arrayMap(key -> map('key', key, 'value', attributes[key]), mapKeys(attributes))),
                        'Tuple(name String, timestamp Float64, fields Array(Map(String, String)))'),
                    `Events.Name`, `Events.Timestamp`, `Events.Attributes`) AS logs,
                toUnixTimestamp64Nano(Timestamp) / 1e6 AS startTime,
                Duration / 1e6 AS duration,
                lower(SpanKind) AS kind,
                if(StatusCode = 'Error', 2, 0) AS statusCode,
                StatusMessage AS statusMessage
            FROM otel_traces
            WHERE Project = {project:String} AND TraceId = {trace_id:String}
            ORDER BY startTime
        """,
    ),
    Panel(
        title="How steps hang together",
        kind="nodegraph",
        unit="ns",
        width=24,
        description="Each step under the step that began it, with its duration and cost; failed ones are red. Long "
        "chains of the same step: a loop.",
        sql=f"""
            SELECT
                span_id AS id,
                name AS title,
                coalesce({MODEL}, toString(tool_name), toString(guard_name), kind) AS subtitle,
                concat(toString(round(duration_ns / 1e9, 2)), ' s') AS mainstat,
                if(cost_usd IS NULL, '', concat('$', toString(cost_usd))) AS secondarystat,
                if(status = 'error', 0, 1) AS arc__ok,
                if(status = 'error', 1, 0) AS arc__error
            FROM {_STEPS}
            ORDER BY start_time, span_id
            LIMIT 1000
        """,
        edges=f"""
            SELECT
                concat(assumeNotNull(parent_span_id), '-', span_id) AS id,
                assumeNotNull(parent_span_id) AS source,
                span_id AS target
            FROM {_STEPS} AND parent_span_id IN (SELECT toNullable(span_id) FROM {_STEPS})
            ORDER BY start_time, span_id
            LIMIT 1000
        """,
    ),
    Panel(
        title="Steps",
        kind="table",
        unit="short",
        width=24,
        units={"after": "ns", "took": "ns", "ttft": "ns", "cost": "currencyUSD"},
        description="The same steps as a list in the order they began. A cost that is empty is unknown, or the step "
        "is no call.",
        sql=f"""
            SELECT
                toUnixTimestamp64Nano(start_time) - {_START} AS after,
                name AS step,
                kind AS does,
                coalesce({MODEL}, '') AS model,
                duration_ns AS took,
                ttft_ns AS ttft,
                status AS ended,
                coalesce(status_message, '') AS message,
                input_tokens AS input,
                output_tokens AS output,
                cost_usd AS cost,
                coalesce(toString(cost_source), '') AS cost_from,
                if(duplicate_of IS NULL, '', 'counted elsewhere') AS note
            FROM {_STEPS}
            ORDER BY start_time, span_id
            LIMIT 1000
        """,
    ),
)

_CONTENT = (
    Panel(
        title="Messages",
        kind="table",
        unit="short",
        width=24,
        description="What models were told and what they answered, call by call. Empty: the application sends no "
        "content.",
        sql=f"""
            SELECT step, direction, role, content
            FROM (
                SELECT name AS step, start_time AS began, span_id AS span,
                    arrayConcat(
                        arrayMap((role, content, at) -> ('in', toString(role), content, at),
                            input_messages.role, input_messages.content, arrayEnumerate(input_messages.role)),
                        arrayMap((role, content, at) -> ('out', toString(role), content, at),
                            output_messages.role, output_messages.content, arrayEnumerate(output_messages.role))
                    ) AS messages
                FROM {_STEPS} AND kind = 'llm' AND duplicate_of IS NULL
            )
            ARRAY JOIN messages.1 AS direction, messages.2 AS role, messages.3 AS content, messages.4 AS at
            ORDER BY began, span, direction, at
            LIMIT 1000
        """,
    ),
    Panel(
        title="Documents",
        kind="table",
        unit="short",
        width=24,
        units={"score": "none"},
        description="What retrievers and rerankers returned. The answer is not in them: a retrieval fault; it is: the "
        "model's.",
        sql=f"""
            SELECT step, coalesce(rank, at) AS place, coalesce(id, '') AS document, score,
                coalesce(content, '') AS content
            FROM (
                SELECT name AS step, start_time AS began, documents.id AS ids, documents.content AS contents,
                    documents.score AS scores, documents.rank AS ranks, arrayEnumerate(documents.id) AS positions
                FROM {_STEPS} AND notEmpty(documents.id)
            )
            ARRAY JOIN ids AS id, contents AS content, scores AS score, ranks AS rank, positions AS at
            ORDER BY began, step, at
            LIMIT 1000
        """,
    ),
    Panel(
        title="Guards",
        kind="table",
        unit="short",
        width=12,
        units={"took": "ns", "certainty": "none"},
        description="What each guard said, and why; certainty is from 0 to 1, 1 being certainly bad.",
        sql=f"""
            SELECT coalesce(toString(guard_name), name) AS guard, coalesce(toString(guard_stage), '') AS stage,
                toString(guard_verdict) AS verdict, guard_score AS certainty, coalesce(guard_reason, '') AS reason,
                duration_ns AS took
            FROM {_STEPS} AND guard_verdict IS NOT NULL
            ORDER BY start_time, span_id
            LIMIT 200
        """,
    ),
    Panel(
        title="Scores",
        kind="table",
        unit="none",
        width=12,
        description="What people, judges and code thought of it.",
        sql=f"""
            SELECT created_at AS time, name AS score, value AS given, coalesce(toString(label), '') AS says,
                coalesce(comment, '') AS remark, source AS judged_by
            FROM scores FINAL WHERE {_HERE}
            ORDER BY time, score
            LIMIT 200
        """,
    ),
)

BOARD = Board(
    uid="telltale-trace",
    title="Telltale trace",
    description="One trace, step by step.",
    variables=(
        PROJECT,
        Variable(name="trace_id", label="Trace id", description="32 hex digits, lower case."),
    ),
    rows=(Row("Sums", _SUMS), Row("Steps", _SHAPE), Row("Content", _CONTENT)),
)
