-- All counts of the ledger, and how far in the write-ahead log named in {log:String} they are complete.
SELECT
    project,
    toUnixTimestamp(hour) AS hour_s,
    signal,
    outcome,
    reason,
    sum(items) AS items,
    maxIf(upto, log = {log:String}) AS upto
FROM ledger
GROUP BY project, hour, signal, outcome, reason
ORDER BY project, hour, signal, outcome, reason
