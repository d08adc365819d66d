-- One page of session ids by their latest span within the time range, newest first. What is shown of them is read after.
-- Without FINAL: a span that was replaced names its session as before, at worst a session stands a little too high.
SELECT
    assumeNotNull(session_id) AS session,
    max(start_time) AS latest
FROM spans
WHERE project = {project:String}
    AND session_id IS NOT NULL
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    -- conditions on spans --
GROUP BY session_id
HAVING (latest, session) < (fromUnixTimestamp64Nano({cursor_time:Int64}), {cursor_id:String})
ORDER BY latest DESC, session DESC
LIMIT {limit:UInt32}
