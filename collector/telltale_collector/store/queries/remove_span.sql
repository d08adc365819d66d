-- Remove a span's row that the same span replaces from another hour: all its versions in that hour up to this one.
-- A newer one stays: when old batches are stored again after a crash, what replaced them is there already.
DELETE FROM spans
WHERE project = {project:String}
    AND trace_id = {trace_id:String}
    AND span_id = {span_id:String}
    AND toStartOfHour(start_time) = toStartOfHour(fromUnixTimestamp64Nano({start_time:Int64}, 'UTC'))
    AND received_at <= fromUnixTimestamp64Nano({received_at:Int64}, 'UTC')
