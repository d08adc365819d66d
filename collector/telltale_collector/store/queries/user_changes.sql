-- Users whose cost or failed calls changed most between two periods; the later one begins at middle_time.
-- A provider call counts once, as in usage.sql.
SELECT
    user,
    calls_now, errors_now, cost_now, unpriced_now,
    calls_before, errors_before, cost_before, unpriced_before
FROM
(
    SELECT
        *,
        row_number() OVER (ORDER BY abs(ifNull(cost_now, 0) - ifNull(cost_before, 0)) DESC, user) AS by_cost,
        row_number() OVER (ORDER BY abs(toInt64(errors_now) - toInt64(errors_before)) DESC, user) AS by_errors
    FROM
    (
        SELECT
            assumeNotNull(user_id) AS user,
            countIf(is_now) AS calls_now,
            countIf(is_now AND status = 'error') AS errors_now,
            sumIf(cost_usd, is_now) AS cost_now,
            countIf(is_now AND cost_source = 'unpriced') AS unpriced_now,
            countIf(NOT is_now) AS calls_before,
            countIf(NOT is_now AND status = 'error') AS errors_before,
            sumIf(cost_usd, NOT is_now) AS cost_before,
            countIf(NOT is_now AND cost_source = 'unpriced') AS unpriced_before
        FROM
        (
            SELECT user_id, status, cost_usd, cost_source, start_time >= fromUnixTimestamp64Nano({middle_time:Int64}) AS is_now
            FROM spans FINAL
            WHERE project = {project:String}
                AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
                AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
                AND kind IN ('llm', 'embedding', 'reranker')
                AND duplicate_of IS NULL
                AND user_id IS NOT NULL
        )
        GROUP BY user
    )
)
WHERE by_cost <= {limit:UInt32} OR by_errors <= {limit:UInt32}
