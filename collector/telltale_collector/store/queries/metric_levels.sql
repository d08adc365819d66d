-- Values of gauges, and of sums that go up and down, in each step of time: the last value of each series, by group.
SELECT
    group_values,
    step,
    avg(last) AS mean,
    sum(last) AS total
FROM
(
    SELECT
        arrayMap(
            key -> multiIf(
                key = 'service', coalesce(service, ''),
                key = 'environment', coalesce(environment, ''),
                attributes[key]),
            {keys:Array(String)}) AS group_values,
        series_id,
        intDiv(toUnixTimestamp64Nano(time), 1000000000 * {step_s:UInt32}) * {step_s:UInt32} AS step,
        argMax(assumeNotNull(value), time) AS last
    FROM metric_points FINAL
    WHERE project = {project:String}
        AND name = {name:String} AND type = {type:String} AND unit = {unit:String}
        AND time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND time < fromUnixTimestamp64Nano({to_time:Int64})
        AND ({service:String} = '' OR service = {service:String})
        AND ({environment:String} = '' OR environment = {environment:String})
        AND isFinite(value)
    GROUP BY group_values, series_id, step
)
GROUP BY group_values, step
ORDER BY group_values, step
LIMIT {limit:UInt32}
