-- How alerts stand: those that are not over, and each time that one was over after a moment.
SELECT project, fingerprint, rule, severity, labels, state, value, active_at, since, starts_at, ends_at, seen_at,
    annotations
FROM
(
    SELECT *, max(changed_at) OVER (PARTITION BY project, fingerprint) AS newest
    FROM
    (
        SELECT *
        FROM alert_changes
        ORDER BY changed_at DESC
        LIMIT 1 BY project, fingerprint, starts_at
    )
)
WHERE (state IN ('pending', 'firing', 'recovering') AND changed_at = newest)
    OR (state = 'resolved' AND ends_at >= fromUnixTimestamp64Nano({over_after:Int64}))
ORDER BY project, rule, fingerprint, since
