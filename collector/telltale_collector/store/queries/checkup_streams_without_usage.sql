-- Streamed calls that were read to their end and whose provider still sent no token counts.
SELECT
    provider,
    scope,
    service,
    faulty,
    estimated,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    WITH (tokens_source IS NULL OR tokens_source = 'estimated') AS is_faulty
    SELECT
        provider,
        scope,
        service,
        countIf(is_faulty) AS faulty,
        countIf(tokens_source = 'estimated') AS estimated,
        maxIf(arrived_at, is_faulty) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
            groupArraySortedIf(30)((-toUnixTimestamp64Nano(start_time), trace_id), is_faulty))), 1, 3) AS examples,
        sum(count()) OVER () AS looked_at
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
        AND kind = 'llm'
        AND duplicate_of IS NULL
        AND NOT is_open
        AND stream
        AND status != 'error'
        AND coalesce(finish_reason, '') != 'cancelled'
        AND NOT coalesce(cache_hit, false)
    GROUP BY provider, scope, service
)
WHERE faulty > 0
ORDER BY faulty DESC, provider, scope, service
LIMIT 20
