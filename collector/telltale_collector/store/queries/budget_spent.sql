-- What the calls that a budget is about have used within its window; '' does not filter. A provider call counts once.
-- usd is NULL while no call has a price. What the collector counted or does not know is also given apart.
SELECT
    count() AS calls,
    sum(ifNull(input_tokens, 0) + ifNull(output_tokens, 0)) AS tokens,
    sum(cost_usd) AS usd,
    countIf(tokens_source = 'estimated') AS estimated_calls,
    sumIf(ifNull(input_tokens, 0) + ifNull(output_tokens, 0), tokens_source = 'estimated') AS estimated_tokens,
    sumIf(cost_usd, cost_source = 'estimated') AS estimated_usd,
    countIf(cost_source = 'unpriced') AS unpriced_calls,
    countIf(NOT is_open AND status != 'error'
        AND (input_tokens IS NULL OR (kind = 'llm' AND output_tokens IS NULL))) AS uncounted_calls
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND kind IN ('llm', 'embedding', 'reranker')
    AND duplicate_of IS NULL
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({user_id:String} = '' OR user_id = {user_id:String})
    AND ({session_id:String} = '' OR session_id = {session_id:String})
    AND ({model:String} = '' OR response_model = {model:String} OR request_model = {model:String})
    AND ({prompt_name:String} = '' OR prompt_name = {prompt_name:String})
    AND ({tag:String} = '' OR has(tags, {tag:String}))
