-- Traces that users rated, by when they began, apart for two periods: the later one begins at middle_time.
WITH rated AS (
    SELECT
        assumeNotNull(trace_id) AS rated_id,
        min(value) < 0 AS is_disliked,
        max(value) > 0 AS is_liked
    FROM scores FINAL
    WHERE project = {project:String}
        AND name = 'feedback'
        AND trace_id IS NOT NULL
        AND value != 0
        AND created_at >= fromUnixTimestamp64Nano({from_time:Int64}) - INTERVAL 1 DAY
    GROUP BY rated_id
)
SELECT
    begun >= fromUnixTimestamp64Nano({middle_time:Int64}) AS is_now,
    toInt64(intDiv(toUnixTimestamp(begun), {step_s:UInt32})) * {step_s:UInt32} * 1000000000 AS time,
    countIf(is_liked) AS likes,
    countIf(is_disliked) AS dislikes
FROM
(
    SELECT
        trace_id,
        min(start_time) AS begun
    FROM spans
    WHERE project = {project:String}
        AND trace_id IN (SELECT rated_id FROM rated)
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    GROUP BY trace_id
) AS begun_traces
INNER JOIN rated ON begun_traces.trace_id = rated.rated_id
GROUP BY is_now, time
