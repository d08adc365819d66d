-- The instruments whose points lie within a range of time, by name, type and unit.
SELECT
    name,
    type,
    unit,
    argMax(description, time) AS description,
    if(uniq(temporality) > 1, 'mixed', any(temporality)) AS temporality,
    min(is_monotonic) AS is_monotonic,
    count() AS points,
    uniqExact(series_id) AS series,
    min(time) AS first_seen,
    max(time) AS last_seen,
    arraySort(groupUniqArrayIf(100)(assumeNotNull(service), service IS NOT NULL)) AS services,
    max(environment IS NOT NULL) AS has_environment,
    arraySort(groupUniqArrayArray(200)(mapKeys(attributes))) AS attribute_keys
FROM metric_points FINAL
WHERE project = {project:String}
    AND time >= fromUnixTimestamp64Nano({from_time:Int64})
    AND time < fromUnixTimestamp64Nano({to_time:Int64})
    AND ({name:String} = '' OR name = {name:String})
GROUP BY name, type, unit
ORDER BY name, last_seen DESC, type, unit
