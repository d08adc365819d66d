-- Calls that two instrumentations wrote a span for: which scope's span counts, which scope's span is the copy.
-- The two may lie in different traces, where neither instrumentation knew of the other.
-- A library that writes a wrapper and its call by itself (one scope) is not at fault.
SELECT
    counted_scope,
    copy_scope,
    service,
    faulty,
    not_counted_usd,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    (
        SELECT count()
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
            AND kind IN ('llm', 'embedding', 'reranker')
    ) AS looked_at
FROM
(
    SELECT
        counted.scope AS counted_scope,
        copy.scope AS copy_scope,
        copy.service AS service,
        count() AS faulty,
        sum(copy.cost_usd) AS not_counted_usd,
        max(copy.arrived_at) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
            groupArraySorted(30)((-toUnixTimestamp64Nano(copy.start_time), copy.trace_id)))), 1, 3) AS examples
    FROM
    (
        SELECT trace_id, duplicate_of, scope, service, cost_usd, start_time, arrived_at
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
            AND kind IN ('llm', 'embedding', 'reranker')
            AND duplicate_of IS NOT NULL
    ) AS copy
    INNER JOIN
    (
        SELECT span_id, scope
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64}) - INTERVAL 1 HOUR
            AND kind IN ('llm', 'embedding', 'reranker')
            AND span_id IN (
                SELECT duplicate_of
                FROM spans
                WHERE project = {project:String}
                    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
                    AND duplicate_of IS NOT NULL
            )
    ) AS counted ON counted.span_id = copy.duplicate_of
    WHERE coalesce(counted.scope, '') != coalesce(copy.scope, '')
    GROUP BY counted_scope, copy_scope, service
)
ORDER BY faulty DESC, counted_scope, copy_scope, service
LIMIT 20
