-- The turns (traces) of one session in the order they began, numbered from 1, with what was spent up to each of them and
-- the number of the first turn that went wrong in each way (0: none did). A provider call counts once, as in usage.sql.
SELECT
    number, trace_id, begun, duration, calls, errors, failed_spans, cut_answers, blocked, is_disliked,
    spent_usd, unpriced_calls, estimated_calls, spent_so_far, unpriced_so_far,
    minIf(number, failed_spans > 0) OVER () AS first_failed,
    minIf(number, blocked > 0) OVER () AS first_blocked,
    minIf(number, cut_answers > 0) OVER () AS first_cut,
    minIf(number, is_disliked) OVER () AS first_disliked
FROM
(
    SELECT
        *,
        row_number() OVER (ORDER BY begun, trace_id) AS number,
        sum(spent_usd) OVER (ORDER BY begun, trace_id ROWS UNBOUNDED PRECEDING) AS spent_so_far,
        sum(unpriced_calls) OVER (ORDER BY begun, trace_id ROWS UNBOUNDED PRECEDING) AS unpriced_so_far
    FROM
    (
        WITH (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call
        SELECT
            trace_id,
            min(start_time) AS begun,
            toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) AS duration,
            countIf(is_call) AS calls,
            countIf(is_call AND status = 'error') AS errors,
            countIf(status = 'error') AS failed_spans,
            countIf(is_call AND finish_reason = 'length') AS cut_answers,
            countIf(guard_verdict = 'block') AS blocked,
            trace_id IN (
                SELECT assumeNotNull(trace_id) FROM scores FINAL
                WHERE project = {project:String} AND name = 'feedback' AND value < 0 AND trace_id IS NOT NULL
            ) AS is_disliked,
            sumIf(cost_usd, is_call) AS spent_usd,
            countIf(is_call AND cost_source = 'unpriced') AS unpriced_calls,
            countIf(is_call AND tokens_source = 'estimated') AS estimated_calls
        FROM spans FINAL
        WHERE project = {project:String}
            AND session_id = {session_id:String}
        GROUP BY trace_id
    )
)
QUALIFY number >= {first_number:UInt64} AND number < {first_number:UInt64} + {limit:UInt32}
ORDER BY number
