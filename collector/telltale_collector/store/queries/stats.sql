-- What is queryable now.
SELECT
    count() AS spans,
    uniqExact(trace_id) AS traces,
    countIf(kind = 'llm' AND duplicate_of IS NULL) AS llm_calls,
    if(count() = 0, NULL, min(start_time)) AS oldest,
    if(count() = 0, NULL, max(start_time)) AS newest
FROM spans FINAL
WHERE project = {project:String}
