-- The newest roll-up of each hour.
SELECT
    project,
    toInt64(toUnixTimestamp(hour)) AS hour,
    generation,
    span_rows,
    newest_received,
    received_sum
FROM rolled_hours FINAL
