-- Write one hour's usage by minute under a new generation.
INSERT INTO usage_minutes (
    project, hour, generation, minute,
    request_model, response_model, provider, operation, kind, is_call, service, environment, prompt_name, prompt_version, route,
    calls, errors, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    cost_usd, cache_savings_usd, unpriced_calls, estimated_calls, streamed_calls, guard_pass, guard_flag,
    guard_redact, guard_block, guard_error, cache_hits,
    duration_state, ttft_state
)
WITH (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call
SELECT
    project,
    toDateTime({hour:UInt32}, 'UTC') AS hour,
    {generation:UInt64} AS generation,
    toStartOfMinute(start_time) AS minute,
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
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= toDateTime({hour:UInt32}, 'UTC')
    AND start_time < toDateTime({hour:UInt32}, 'UTC') + INTERVAL 1 HOUR
    AND (is_call OR guard_verdict IS NOT NULL)
GROUP BY
    project, minute, request_model, response_model, provider, operation, kind, is_call, service, environment, prompt_name, prompt_version, route
