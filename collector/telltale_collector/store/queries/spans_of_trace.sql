-- All spans of one trace, in start order.
SELECT *
FROM spans FINAL
PREWHERE trace_id = {trace_id:String}
WHERE project = {project:String}
ORDER BY start_time, end_time DESC, span_id
LIMIT {limit:UInt32}
