-- Given traces, rolled up. A provider call counts once: kinds llm, embedding, reranker, duplicates left out.
WITH
    (kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL) AS is_call,
    (parent_span_id IS NULL) AS is_root,
    arrayFilter((content, role) -> role IN ('user', ''), input_messages.content, input_messages.role) AS asked
SELECT
    trace_id,
    argMin(name, (NOT is_root, start_time)) AS name,
    argMinIf(service, (NOT is_root, start_time), service IS NOT NULL) AS service,
    argMinIf(environment, (NOT is_root, start_time), environment IS NOT NULL) AS environment,
    min(start_time) AS trace_start,
    toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) AS duration_ns,
    multiIf(
        countIf(is_root) > 0, argMinIf(status, start_time, is_root),
        countIf(status = 'error') > 0, 'error',
        'unset'
    ) AS trace_status,
    count() AS spans,
    countIf(status = 'error') AS errors,
    countIf(is_open) AS open_spans,
    maxOrNullIf(end_time, is_open) AS last_sign,
    countIf(is_call AND kind = 'llm') AS llm_calls,
    countIf(is_call AND kind = 'embedding') AS embedding_calls,
    sumIf(input_tokens, is_call) AS input_tokens,
    sumIf(output_tokens, is_call) AS output_tokens,
    sumIf(cost_usd, is_call) AS cost_usd,
    countIf(is_call AND cost_source = 'unpriced') AS unpriced_calls,
    countIf(is_call AND tokens_source = 'estimated') AS estimated_calls,
    argMinIf(ttft_ns, start_time, is_call AND ttft_ns IS NOT NULL) AS ttft_ns,
    arraySort(groupUniqArrayIf(coalesce(response_model, request_model, ''),
        is_call AND coalesce(response_model, request_model) IS NOT NULL)) AS models,
    argMinIf(user_id, start_time, user_id IS NOT NULL) AS user_id,
    argMinIf(session_id, start_time, session_id IS NOT NULL) AS session_id,
    arraySort(groupUniqArrayArray(tags)) AS tags,
    max(indexOf(['pass', 'flag', 'redact', 'block', 'error'], coalesce(guard_verdict, ''))) AS guard_rank,
    argMinIf(substringUTF8(arrayElement(asked, -1), 1, 400), (NOT is_root, kind != 'llm', start_time),
        notEmpty(asked)) AS input_preview,
    argMinIf(substringUTF8(arrayElement(output_messages.content, 1), 1, 400), (NOT is_root, kind != 'llm', start_time),
        notEmpty(output_messages.content)) AS output_preview
FROM spans FINAL
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
GROUP BY trace_id
