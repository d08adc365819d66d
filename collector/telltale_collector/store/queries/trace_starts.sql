-- Traces with spans that start at a moment or later, and the latest start among them.
SELECT
    project,
    trace_id,
    max(start_time) AS latest
FROM spans
WHERE start_time >= fromUnixTimestamp64Nano({from_time:Int64})
GROUP BY
    project,
    trace_id
LIMIT {limit:UInt64}
