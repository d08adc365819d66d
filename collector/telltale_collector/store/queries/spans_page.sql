-- One page of spans, newest first. The column list is narrowed to the fields asked for.
SELECT
    /* columns */ * /* columns */
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND (start_time, trace_id, span_id) < (fromUnixTimestamp64Nano({cursor_time:Int64}), {cursor_trace:String}, {cursor_span:String})
    -- conditions on spans --
ORDER BY start_time DESC, trace_id DESC, span_id DESC
LIMIT {limit:UInt32}
