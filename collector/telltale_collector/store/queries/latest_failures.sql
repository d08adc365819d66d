-- Traces with failed spans, those that failed last first; of each the failed span that began last, which is the innermost.
SELECT
    trace_id,
    argMax(name, start_time) AS step,
    argMax(tuple(error_type), start_time).1 AS error,
    substringUTF8(argMax(tuple(status_message), start_time).1, 1, 400) AS message,
    max(start_time) AS failed_at,
    count() AS failed_spans
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND status = 'error'
GROUP BY trace_id
ORDER BY failed_at DESC, trace_id
LIMIT {limit:UInt32}
