-- Calls, tokens, money and latency, by the keys asked for. A provider call counts once; guards count where asked.
WITH (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call
SELECT
    /* keys */ coalesce(response_model, request_model) AS model, /* keys */
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
    quantilesExactIf(0.5, 0.95, 0.99)(duration_ns, is_call) AS duration_quantiles,
    quantilesExactIf(0.5, 0.95, 0.99)(assumeNotNull(ttft_ns), is_call AND ttft_ns IS NOT NULL) AS ttft_quantiles,
    countIf(is_call AND ttft_ns IS NOT NULL) AS streamed_calls,
    countIf(guard_verdict = 'pass') AS guard_pass,
    countIf(guard_verdict = 'flag') AS guard_flag,
    countIf(guard_verdict = 'redact') AS guard_redact,
    countIf(guard_verdict = 'block') AS guard_block,
    countIf(guard_verdict = 'error') AS guard_error,
    countIf(is_call AND cache_hit) AS cache_hits
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND (is_call OR ({with_guards:Bool} AND guard_verdict IS NOT NULL))
    -- conditions on spans --
GROUP BY /* groups */ model /* groups */
ORDER BY /* groups */ model /* groups */
LIMIT {limit:UInt32}
