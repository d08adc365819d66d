-- How the spans of each hour look: if an hour looks as it did when it was rolled up, its roll-up holds.
SELECT
    project,
    intDiv(toUnixTimestamp64Nano(start_time), 3600000000000) * 3600 AS hour,
    count() AS span_rows,
    toUnixTimestamp64Nano(max(received_at)) AS newest_received,
    sum(toUInt64(toUnixTimestamp64Nano(received_at))) AS received_sum
FROM spans
WHERE start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND ({project:String} = '' OR project = {project:String})
GROUP BY project, hour
