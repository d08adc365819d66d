-- As usage.sql, from roll-ups where an hour has one that holds (hours, generations), from the spans themselves elsewhere.
-- Sums are exact; percentiles come from t-digests, within about one percent.
SELECT
    /* keys */ coalesce(response_model, request_model) AS model, /* keys */
    sum(calls) AS calls,
    sum(errors) AS errors,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens,
    sum(cache_write_tokens) AS cache_write_tokens,
    sum(reasoning_tokens) AS reasoning_tokens,
    sum(cost_usd) AS cost_usd,
    sum(cache_savings_usd) AS cache_savings_usd,
    sum(unpriced_calls) AS unpriced_calls,
    sum(estimated_calls) AS estimated_calls,
    sum(guard_pass) AS guard_pass,
    sum(guard_flag) AS guard_flag,
    sum(guard_redact) AS guard_redact,
    sum(guard_block) AS guard_block,
    sum(guard_error) AS guard_error,
    sum(cache_hits) AS cache_hits,
    quantilesTDigestMerge(0.5, 0.95, 0.99)(duration_state) AS duration_quantiles,
    quantilesTDigestMerge(0.5, 0.95, 0.99)(ttft_state) AS ttft_quantiles,
    sum(streamed_calls) AS streamed_calls
FROM
(
    SELECT
        minute AS start_time,
        request_model, response_model, provider, operation, kind, is_call, service, environment, prompt_name, prompt_version, route,
        calls, errors, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
        cost_usd, cache_savings_usd, unpriced_calls, estimated_calls, streamed_calls, guard_pass, guard_flag,
        guard_redact, guard_block, guard_error, cache_hits,
        duration_state, ttft_state
    FROM usage_minutes
    WHERE project = {project:String}
        AND (toInt64(toUnixTimestamp(hour)), generation) IN (
            SELECT arrayJoin(arrayZip({hours:Array(Int64)}, {generations:Array(UInt64)})) AS held
        )
    UNION ALL
    SELECT
        toStartOfMinute(start_time) AS start_time,
        request_model, response_model, provider, operation, kind, is_call, service, environment, prompt_name, prompt_version, route,
        countIf(is_call) AS calls,
        countIf(is_call AND status = 'error') AS errors,
        sumIf(input_tokens, is_call) AS input_tokens,
        sumIf(output_tokens, is_call) AS output_tokens,
        sumIf(cache_read_tokens, is_call) AS cache_read_tokens,
        sumIf(cache_write_tokens, is_call) AS cache_write_tokens,
        sumIf(reasoning_tokens, is_call) AS reasoning_tokens,
        sumIf(cost_usd, is_call) AS cost_usd,
        sumIf(cache_savings_usd, is_call) AS cache_savings_usd,
        countIf(is_call AND cost_source = 'unpriced') AS unpriced_calls,
        countIf(is_call AND tokens_source = 'estimated') AS estimated_calls,
        countIf(is_call AND ttft_ns IS NOT NULL) AS streamed_calls,
        countIf(guard_verdict = 'pass') AS guard_pass,
        countIf(guard_verdict = 'flag') AS guard_flag,
        countIf(guard_verdict = 'redact') AS guard_redact,
        countIf(guard_verdict = 'block') AS guard_block,
        countIf(guard_verdict = 'error') AS guard_error,
        countIf(is_call AND cache_hit) AS cache_hits,
        quantilesTDigestStateIf(0.5, 0.95, 0.99)(duration_ns, is_call) AS duration_state,
        quantilesTDigestStateIf(0.5, 0.95, 0.99)(assumeNotNull(ttft_ns), is_call AND ttft_ns IS NOT NULL) AS ttft_state
    FROM
    (
        SELECT *, duration_ns, (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
            AND intDiv(toUnixTimestamp64Nano(start_time), 3600000000000) * 3600 NOT IN (SELECT arrayJoin({hours:Array(Int64)}))
            -- conditions on gaps --
    )
    WHERE is_call OR guard_verdict IS NOT NULL
    GROUP BY
        start_time, request_model, response_model, provider, operation, kind, is_call, service, environment, prompt_name, prompt_version, route
)
WHERE (is_call OR {with_guards:Bool})
    -- conditions on spans --
GROUP BY /* groups */ model /* groups */
ORDER BY /* groups */ model /* groups */
LIMIT {limit:UInt32}
