-- Spans that name a parent which never came, in traces that nothing was received of for a minute.
-- Where the sender says so (OTLP flags, bits 8 and 9), is_remote tells a parent in another process; else the span's kind.
SELECT
    service,
    scope,
    is_remote,
    count() AS faulty,
    uniqExact(trace_id, parent) AS missing_parents,
    max(received) AS last_seen,
    arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
        groupArraySorted(30)((-toUnixTimestamp64Nano(start_time), trace_id)))), 1, 3) AS examples,
    sum(count()) OVER () AS faulty_in_all,
    (
        SELECT count()
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
            AND parent_span_id IS NOT NULL
    ) AS looked_at
FROM
(
    SELECT
        service,
        scope,
        trace_id,
        assumeNotNull(parent_span_id) AS parent,
        start_time,
        arrived_at AS received,
        JSONExtractUInt(leftover, 'flags') AS flags,
        if(bitTest(flags, 8), bitTest(flags, 9) = 1, span_kind IN (2, 5)) AS is_remote
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
        AND parent_span_id IS NOT NULL
        AND sipHash64(trace_id, assumeNotNull(parent_span_id)) NOT IN (
            SELECT sipHash64(trace_id, span_id)
            FROM spans
            WHERE project = {project:String}
                AND start_time >= fromUnixTimestamp64Nano({from_time:Int64}) - INTERVAL 1 DAY
        )
        AND trace_id NOT IN (
            SELECT trace_id
            FROM spans
            WHERE project = {project:String}
                AND arrived_at > now64(9) - INTERVAL 1 MINUTE
        )
)
GROUP BY service, scope, is_remote
ORDER BY faulty DESC, service, scope, is_remote
LIMIT 20
