-- Calls that name no model: they can have no price.
SELECT
    scope,
    dialect,
    kind,
    service,
    faulty,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    WITH (coalesce(response_model, request_model) IS NULL AND status != 'error') AS is_faulty
    SELECT
        scope,
        dialect,
        kind,
        service,
        countIf(is_faulty) AS faulty,
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
    GROUP BY scope, dialect, kind, service
)
WHERE faulty > 0
ORDER BY faulty DESC, scope, dialect, kind, service
LIMIT 20
