-- Calls without a price, by provider and model, with the tokens concerned. Calls without any model are another fault.
SELECT
    provider,
    model,
    faulty,
    without_usage,
    input_tokens,
    output_tokens,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    WITH (cost_source = 'unpriced' AND coalesce(response_model, request_model) IS NOT NULL) AS is_faulty
    SELECT
        provider,
        coalesce(response_model, request_model) AS model,
        countIf(is_faulty) AS faulty,
        countIf(is_faulty AND (spans.input_tokens IS NULL OR (kind = 'llm' AND spans.output_tokens IS NULL)))
            AS without_usage,
        sumIf(spans.input_tokens, is_faulty) AS input_tokens,
        sumIf(spans.output_tokens, is_faulty) AS output_tokens,
        maxIf(arrived_at, is_faulty) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
            groupArraySortedIf(30)((-toUnixTimestamp64Nano(start_time), trace_id), is_faulty))), 1, 3) AS examples,
        sum(count()) OVER () AS looked_at
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
        AND kind IN ('llm', 'embedding', 'reranker')
        AND duplicate_of IS NULL
    GROUP BY provider, model
)
WHERE faulty > 0
ORDER BY faulty DESC, provider, model
LIMIT 20
