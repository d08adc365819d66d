-- How alerts stand: those that are not over, and those that were over after a time.
SELECT *
FROM
(
    SELECT project, fingerprint, rule, severity, labels, state, value, active_at, since, starts_at, ends_at, seen_at,
        annotations
    FROM alert_changes
    ORDER BY changed_at DESC
    LIMIT 1 BY project, fingerprint
)
WHERE state IN ('pending', 'firing', 'recovering')
    OR (state = 'resolved' AND ends_at >= fromUnixTimestamp64Nano({over_after:Int64}))
ORDER BY project, rule, fingerprint
