-- Scores, newest first; an empty filter does not filter.
SELECT *
FROM scores FINAL
WHERE project = {project:String}
    AND created_at >= fromUnixTimestamp64Nano({from_time:Int64})
    AND created_at < fromUnixTimestamp64Nano({to_time:Int64})
    AND ({trace_id:String} = '' OR trace_id = {trace_id:String})
    AND ({session_id:String} = '' OR session_id = {session_id:String})
    AND ({name:String} = '' OR name = {name:String})
ORDER BY created_at DESC, score_id
LIMIT {limit:UInt32}
