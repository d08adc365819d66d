-- Given sessions, summed up over a time range. A provider call counts once, as in usage.sql.
-- Dislikes: turns that users disliked, and one more where the session as a whole is disliked.
WITH (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call
SELECT
    assumeNotNull(session_id) AS session,
    argMinIf(user_id, start_time, user_id IS NOT NULL) AS first_user,
    uniqExact(user_id) AS users,
    arraySort(groupUniqArrayIf(coalesce(service, ''), service IS NOT NULL)) AS services,
    min(start_time) AS begun,
    max(end_time) AS ended,
    uniqExact(trace_id) AS turns,
    countIf(is_call) AS calls,
    countIf(is_call AND status = 'error') AS errors,
    countIf(is_call AND finish_reason = 'length') AS cut_answers,
    countIf(guard_verdict = 'block') AS blocked,
    uniqExactIf(trace_id, trace_id IN (
        SELECT assumeNotNull(trace_id) FROM scores FINAL
        WHERE project = {project:String} AND name = 'feedback' AND value < 0 AND trace_id IS NOT NULL
    )) + max(session_id IN (
        SELECT session_id FROM scores FINAL
        WHERE project = {project:String} AND name = 'feedback' AND value < 0 AND trace_id IS NULL
    )) AS dislikes,
    sumIf(input_tokens, is_call) AS tokens_in,
    sumIf(output_tokens, is_call) AS tokens_out,
    sumIf(cost_usd, is_call) AS spent_usd,
    countIf(is_call AND cost_source = 'unpriced') AS unpriced_calls,
    countIf(is_call AND tokens_source = 'estimated') AS estimated_calls
FROM spans FINAL
WHERE project = {project:String}
    AND session_id IN {ids:Array(String)}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    -- conditions on spans --
GROUP BY session_id
