-- The log events of given spans, in the order they were written.
SELECT *
FROM log_events FINAL
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
    AND span_id IN {span_ids:Array(String)}
ORDER BY time, event_id
