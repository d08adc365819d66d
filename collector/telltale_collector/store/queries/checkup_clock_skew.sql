-- Spans whose times cannot be true: they end before they start, start after they were received, or lie more than a
-- second outside their parent in another service. A span without an end (0) is unfinished, not skewed.
-- For the first two a span counts if it started or arrived within the time range: the clock is what is in doubt.
SELECT
    symptom,
    service,
    host,
    count() AS faulty,
    max(skew) AS skew_ns,
    max(received) AS last_seen,
    arraySlice(arrayDistinct(arrayMap(newest -> newest.2,
        groupArraySorted(30)((-toUnixTimestamp64Nano(received), trace_id)))), 1, 3) AS examples,
    sum(count()) OVER () AS faulty_in_all,
    (
        SELECT count()
        FROM spans FINAL
        WHERE project = {project:String}
            AND ((start_time >= fromUnixTimestamp64Nano({from_time:Int64})
                    AND start_time < fromUnixTimestamp64Nano({to_time:Int64}))
                OR (arrived_at >= fromUnixTimestamp64Nano({from_time:Int64})
                    AND arrived_at < fromUnixTimestamp64Nano({to_time:Int64})))
    ) AS looked_at
FROM
(
    SELECT
        multiIf(
            end_time < start_time, 'ends before it starts',
            start_time > arrived_at + INTERVAL 1 MINUTE, 'starts after it was received',
            ''
        ) AS symptom,
        service,
        nullIf(resource['host.name'], '') AS host,
        trace_id,
        arrived_at AS received,
        toUnixTimestamp64Nano(start_time)
            - toUnixTimestamp64Nano(if(end_time < start_time, end_time, arrived_at)) AS skew
    FROM spans FINAL
    WHERE project = {project:String}
        AND ((start_time >= fromUnixTimestamp64Nano({from_time:Int64})
                AND start_time < fromUnixTimestamp64Nano({to_time:Int64}))
            OR (arrived_at >= fromUnixTimestamp64Nano({from_time:Int64})
                AND arrived_at < fromUnixTimestamp64Nano({to_time:Int64})))
        AND toUnixTimestamp64Nano(end_time) > 0
        AND symptom != ''
    UNION ALL
    SELECT
        'lies outside its parent in another service' AS symptom,
        child.service AS service,
        child.host AS host,
        child.trace_id AS trace_id,
        child.arrived_at AS received,
        greatest(
            toUnixTimestamp64Nano(parent.start_time) - toUnixTimestamp64Nano(child.start_time),
            toUnixTimestamp64Nano(child.start_time) - toUnixTimestamp64Nano(parent.end_time)
        ) AS skew
    FROM
    (
        SELECT
            sipHash64(trace_id, assumeNotNull(parent_span_id)) AS parent_key,
            trace_id,
            service,
            nullIf(resource['host.name'], '') AS host,
            start_time,
            arrived_at,
            span_kind
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
            AND parent_span_id IS NOT NULL
    ) AS child
    INNER JOIN
    (
        SELECT sipHash64(trace_id, span_id) AS span_key, service, start_time, end_time
        FROM spans FINAL
        WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64}) - INTERVAL 1 DAY
    ) AS parent ON parent.span_key = child.parent_key
    WHERE coalesce(parent.service, '') != coalesce(child.service, '')
        -- what a queue delivers may well start after its sender ended
        AND (child.start_time < parent.start_time - INTERVAL 1 SECOND
            OR (child.span_kind != 5
                AND toUnixTimestamp64Nano(parent.end_time) > 0
                AND child.start_time > greatest(parent.start_time, parent.end_time) + INTERVAL 1 SECOND))
)
GROUP BY symptom, service, host
ORDER BY faulty DESC, symptom, service, host
LIMIT 20
