-- The values a filter can take within a time range, most frequent first.
SELECT
    facet,
    value,
    count() AS spans
FROM spans FINAL
ARRAY JOIN
    ['models', 'services', 'environments', 'users', 'sessions'] AS facet,
    [coalesce(response_model, request_model, ''), coalesce(service, ''), coalesce(environment, ''),
     coalesce(user_id, ''), coalesce(session_id, '')] AS value
WHERE project = {project:String}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
    AND value != ''
GROUP BY facet, value
ORDER BY facet, spans DESC, value
LIMIT {limit:UInt32} BY facet
