-- Users of a period that begins at middle_time, beside what they spent in the one before it (from from_time on).
-- A provider call counts once, as in usage.sql.
WITH
    (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call,
    (start_time >= fromUnixTimestamp64Nano({middle_time:Int64})) AS is_now
SELECT
    assumeNotNull(user_id) AS user,
    maxIf(start_time, is_now) AS latest,
    uniqExactIf(session_id, is_now) AS sessions,
    countIf(is_now AND is_call) AS calls,
    countIf(is_now AND is_call AND status = 'error') AS errors,
    countIf(is_now AND guard_verdict = 'block') AS blocked,
    uniqExactIf(trace_id, is_now AND trace_id IN (
        SELECT assumeNotNull(trace_id) FROM scores FINAL
        WHERE project = {project:String} AND name = 'feedback' AND value < 0 AND trace_id IS NOT NULL
    )) AS dislikes,
    sumIf(input_tokens, is_now AND is_call) AS tokens_in,
    sumIf(output_tokens, is_now AND is_call) AS tokens_out,
    sumIf(cost_usd, is_now AND is_call) AS spent_usd,
    countIf(is_now AND is_call AND cost_source = 'unpriced') AS unpriced_calls,
    countIf(is_now AND is_call AND tokens_source = 'estimated') AS estimated_calls,
    countIf(NOT is_now AND is_call) AS calls_before,
    sumIf(cost_usd, NOT is_now AND is_call) AS spent_before,
    countIf(NOT is_now AND is_call AND cost_source = 'unpriced') AS unpriced_before,
    count() OVER () AS users
FROM spans FINAL
WHERE project = {project:String}
    AND user_id IS NOT NULL
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    -- conditions on spans --
GROUP BY user_id
HAVING countIf(is_now) > 0
ORDER BY /* order */ spent_usd /* order */ DESC NULLS LAST, user
LIMIT {limit:UInt32}
