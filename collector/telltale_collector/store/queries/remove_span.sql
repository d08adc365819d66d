-- Remove the row of a span that came again with another start.
DELETE FROM spans
WHERE project = {project:String}
    AND trace_id = {trace_id:String}
    AND span_id = {span_id:String}
    AND start_time = fromUnixTimestamp64Nano({start_time:Int64}, 'UTC')
