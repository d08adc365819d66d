-- One page of trace ids, newest first, among traces that start at or after from_time and lie before the cursor.
-- Conditions on spans choose traces with at least one such span; conditions on traces look at the whole trace.
-- A trace that starts at or after from_time has all its spans there, so the time range never cuts it.
SELECT
    trace_id,
    min(start_time) AS trace_start
FROM spans FINAL
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    -- conditions on spans --
GROUP BY trace_id
HAVING trace_start < fromUnixTimestamp64Nano({to_time:Int64})
    AND (trace_start, trace_id) < (fromUnixTimestamp64Nano({cursor_time:Int64}), {cursor_id:String})
    -- conditions on traces --
ORDER BY trace_start DESC, trace_id DESC
LIMIT {limit:UInt32}
