-- What sums, histograms and summaries counted in each step of time, by group and bucket bounds.
-- A delta counts as it is. A cumulative value counts the difference to the point before it in its series; after a reset (a
-- start not before that point, or a smaller value than at that point) it counts as it is. Of a series whose first point in
-- the range counts from an earlier time nothing is known before that point, so that point counts nothing; from_time lies
-- before the range that is asked for, so that a point before it is found.
WITH
    pairs AS
    (
        SELECT
            *,
            row_number() OVER in_series > 1 AS has_previous,
            lagInFrame(time) OVER in_series AS previous_time,
            lagInFrame(coalesce(value, 0)) OVER in_series AS previous_value,
            lagInFrame(coalesce(count, 0)) OVER in_series AS previous_count,
            lagInFrame(coalesce(sum, 0)) OVER in_series AS previous_sum,
            lagInFrame(bounds) OVER in_series AS previous_bounds,
            lagInFrame(bucket_counts) OVER in_series AS previous_bucket_counts
        FROM metric_points FINAL
        WHERE project = {project:String}
            AND name = {name:String} AND type = {type:String} AND unit = {unit:String}
            AND time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND time < fromUnixTimestamp64Nano({to_time:Int64})
            AND ({service:String} = '' OR service = {service:String})
            AND ({environment:String} = '' OR environment = {environment:String})
            AND (isFinite(value) OR count IS NOT NULL)
        WINDOW in_series AS
            (PARTITION BY series_id ORDER BY time, start_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    judged AS
    (
        SELECT
            *,
            ifNull(temporality = 'delta', false) AS is_delta,
            not is_delta AND has_previous AND start_time < previous_time AND bounds = previous_bounds
                AND (value IS NULL OR value >= previous_value OR not is_monotonic)
                AND (count IS NULL OR count >= previous_count) AS continues,
            is_delta OR has_previous OR start_time >= fromUnixTimestamp64Nano({from_time:Int64}) AS is_known
        FROM pairs
        WHERE time >= fromUnixTimestamp64Nano({first_time:Int64})
    )
SELECT
    arrayMap(
        key -> multiIf(
            key = 'service', coalesce(service, ''),
            key = 'environment', coalesce(environment, ''),
            attributes[key]),
        {keys:Array(String)}) AS group_values,
    intDiv(toUnixTimestamp64Nano(time), 1000000000 * {step_s:UInt32}) * {step_s:UInt32} AS step,
    bounds,
    sum(coalesce(value, 0) - if(continues, previous_value, 0)) AS increase,
    toInt64(sum(toInt64(coalesce(count, 0)) - if(continues, toInt64(previous_count), 0))) AS counted,
    sum(coalesce(sum, 0) - if(continues, previous_sum, 0)) AS summed,
    countIf(sum IS NULL AND count > 0) = 0 AS has_sum,
    sumForEach(arrayMap(
        (now, before) -> toInt64(now) - if(continues, toInt64(before), 0),
        bucket_counts, arrayResize(previous_bucket_counts, length(bucket_counts)))) AS buckets,
    if(countIf(min IS NULL AND count > 0) = 0, min(min), NULL) AS lowest,
    if(countIf(max IS NULL AND count > 0) = 0, max(max), NULL) AS highest
FROM judged
WHERE is_known
GROUP BY group_values, step, bounds
ORDER BY group_values, step, bounds
LIMIT {limit:UInt32}
