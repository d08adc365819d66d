-- All spans of given traces as they are seen together: for duplicates, and for who a call belongs to.
SELECT
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
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time <= fromUnixTimestamp64Nano({to_time:Int64})
