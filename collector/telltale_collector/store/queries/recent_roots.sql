-- Calls without a parent that arrived lately, of all projects: the same call may show up in another trace.
SELECT
    project,
    trace_id,
    span_id,
    parent_span_id,
    kind,
    scope,
    start_time,
    end_time,
    response_id,
    coalesce(response_model, request_model) AS model,
    if(tokens_source = 'estimated', NULL, input_tokens) AS input_tokens,
    if(tokens_source = 'estimated', NULL, output_tokens) AS output_tokens,
    session_id,
    user_id,
    duplicate_of,
    received_at
FROM spans FINAL
WHERE received_at >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64}) - INTERVAL 1 HOUR
    AND parent_span_id IS NULL
    AND response_id IS NOT NULL
    AND kind IN ('llm', 'embedding', 'reranker')
ORDER BY received_at DESC
LIMIT {limit:UInt32}
