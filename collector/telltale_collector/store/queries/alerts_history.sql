-- Alerts that fired at some time of a range, as they stood last, the newest first. '' does not filter.
SELECT *
FROM
(
    SELECT project, fingerprint, rule, severity, labels, state, value, active_at, since, starts_at, ends_at, seen_at,
        annotations
    FROM alert_changes
    WHERE project = {project:String}
        AND starts_at IS NOT NULL
        AND starts_at < fromUnixTimestamp64Nano({to_time:Int64})
        AND ({rule:String} = '' OR rule = {rule:String})
    ORDER BY changed_at DESC
    LIMIT 1 BY fingerprint, starts_at
)
WHERE ends_at IS NULL OR ends_at >= fromUnixTimestamp64Nano({from_time:Int64})
ORDER BY starts_at DESC, fingerprint
LIMIT {limit:UInt32}
