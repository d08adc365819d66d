-- Model calls that set no limit to the answer, with the longest answer so far.
SELECT
    provider,
    model,
    service,
    faulty,
    longest_output,
    last_seen,
    examples,
    sum(faulty) OVER () AS faulty_in_all,
    looked_at
FROM
(
    SELECT
        provider,
        coalesce(request_model, response_model) AS model,
        service,
        countIf(max_tokens IS NULL) AS faulty,
        max(output_tokens) AS longest_output,
        maxIf(arrived_at, max_tokens IS NULL) AS last_seen,
        arraySlice(arrayDistinct(arrayMap(newest -> newest.2, groupArraySortedIf(30)(
            (-toUnixTimestamp64Nano(start_time), trace_id), max_tokens IS NULL))), 1, 3) AS examples,
        sum(count()) OVER () AS looked_at
    FROM spans FINAL
    WHERE project = {project:String}
        AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
        AND kind = 'llm'
        AND duplicate_of IS NULL
    GROUP BY provider, model, service
)
WHERE faulty > 0
ORDER BY faulty DESC, provider, model, service
LIMIT 20
