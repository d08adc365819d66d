-- Silences that end after a time, the newest first, of one project or of all; with an id that one.
SELECT project, id, matchers, starts_at, ends_at, created_by, comment
FROM alert_silences FINAL
WHERE NOT is_removed
    AND ends_at > fromUnixTimestamp64Nano({from_time:Int64})
    AND ({project:String} = '' OR project = {project:String})
    AND ({id:String} = '' OR id = {id:String})
ORDER BY starts_at DESC, id
LIMIT {limit:UInt32}
