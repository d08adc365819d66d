-- Model calls without what was asked or without what was answered. A call that failed or was cut off has no answer.
SELECT
    scope,
    dialect,
    service,
    faulty,
    without_input,
    without_output,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    WITH
        empty(input_messages.role) AS has_no_input,
        (empty(output_messages.role) AND coalesce(finish_reason, '') != 'cancelled') AS has_no_output
    SELECT
        scope,
        dialect,
        service,
        countIf(has_no_input OR has_no_output) AS faulty,
        countIf(has_no_input) AS without_input,
        countIf(has_no_output) AS without_output,
        maxIf(arrived_at, has_no_input OR has_no_output) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2, groupArraySortedIf(30)(
            (-toUnixTimestamp64Nano(start_time), trace_id), has_no_input OR has_no_output))), 1, 3) AS examples,
        sum(count()) OVER () AS looked_at
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
        AND kind = 'llm'
        AND duplicate_of IS NULL
        AND NOT is_open
        AND status != 'error'
    GROUP BY scope, dialect, service
)
WHERE faulty > 0
ORDER BY faulty DESC, scope, dialect, service
LIMIT 20
