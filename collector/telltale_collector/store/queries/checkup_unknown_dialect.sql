-- Spans with attributes that LLM instrumentations write, which no dialect reads: their calls count nowhere.
-- What such libraries put onto every span of a trace (session, user, workflow, ...) says nothing about the span itself.
SELECT
    scope,
    service,
    faulty,
    attributes_seen,
    span_name,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    WITH
        -- raw_gen_ai_request: LiteLLM's copy of a request, beside the call itself
        if(dialect IS NULL AND name != 'raw_gen_ai_request', arrayFilter(
            key -> match(key, '^(gen_ai|llm|ai|traceloop|openinference|langfuse|mlflow)\\.')
                AND NOT match(key, '^gen_ai\\.(conversation|agent|data_source|event)\\.')
                AND NOT match(key, '^traceloop\\.(association|workflow|prompt)\\.')
                AND NOT match(key, '^langfuse\\.(trace|session|user|environment|release|version|experiment)'),
            mapKeys(attributes)), []) AS llm_keys,
        notEmpty(llm_keys) AS is_faulty
    SELECT
        scope,
        service,
        countIf(is_faulty) AS faulty,
        arraySlice(arraySort(groupUniqArrayArrayIf(llm_keys, is_faulty)), 1, 6) AS attributes_seen,
        anyIf(name, is_faulty) AS span_name,
        maxIf(arrived_at, is_faulty) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
            groupArraySortedIf(30)((-toUnixTimestamp64Nano(start_time), trace_id), is_faulty))), 1, 3) AS examples,
        sum(count()) OVER () AS looked_at
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    GROUP BY scope, service
)
WHERE faulty > 0
ORDER BY faulty DESC, scope, service
LIMIT 20
