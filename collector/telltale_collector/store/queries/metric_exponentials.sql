-- What exponential histograms counted in each step of time, by group and scale, bucket by bucket. Points before the one
-- that counts (see metric_increases.sql) are taken away at their own scale: scales are brought together by the reader.
WITH
    pairs AS
    (
        SELECT
            *,
            ifNull(temporality = 'delta', false) AS is_delta,
            row_number() OVER in_series > 1 AS has_previous,
            lagInFrame(time) OVER in_series AS previous_time,
            lagInFrame(coalesce(count, 0)) OVER in_series AS previous_count,
            lagInFrame(coalesce(scale, 0)) OVER in_series AS previous_scale,
            lagInFrame(coalesce(zero_count, 0)) OVER in_series AS previous_zero_count,
            lagInFrame(positive_offset) OVER in_series AS previous_positive_offset,
            lagInFrame(positive_counts) OVER in_series AS previous_positive_counts,
            lagInFrame(negative_offset) OVER in_series AS previous_negative_offset,
            lagInFrame(negative_counts) OVER in_series AS previous_negative_counts
        FROM metric_points FINAL
        WHERE project = {project:String}
            AND name = {name:String} AND type = 'exponential_histogram' AND unit = {unit:String}
            AND time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND time < fromUnixTimestamp64Nano({to_time:Int64})
            AND ({service:String} = '' OR service = {service:String})
            AND ({environment:String} = '' OR environment = {environment:String})
            AND count IS NOT NULL
        WINDOW in_series AS
            (PARTITION BY series_id ORDER BY time, start_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    parts AS
    (
        SELECT
            arrayMap(
                key -> multiIf(
                    key = 'service', coalesce(service, ''),
                    key = 'environment', coalesce(environment, ''),
                    attributes[key]),
                {keys:Array(String)}) AS group_values,
            intDiv(toUnixTimestamp64Nano(time), 1000000000 * {step_s:UInt32}) * {step_s:UInt32} AS step,
            coalesce(zero_threshold, 0) AS threshold,
            arrayJoin(arraySlice(
                [
                    (1, toInt32(coalesce(scale, 0)), toUInt64(coalesce(zero_count, 0)),
                        positive_offset, positive_counts, negative_offset, negative_counts),
                    (-1, toInt32(previous_scale), toUInt64(previous_zero_count),
                        previous_positive_offset, previous_positive_counts,
                        previous_negative_offset, previous_negative_counts)
                ],
                1,
                if(not is_delta AND has_previous AND start_time < previous_time AND count >= previous_count, 2, 1))) AS part
        FROM pairs
        WHERE time >= fromUnixTimestamp64Nano({first_time:Int64})
            AND (is_delta OR has_previous OR start_time >= fromUnixTimestamp64Nano({from_time:Int64}))
    )
SELECT
    group_values,
    step,
    part.2 AS at_scale,
    sum(part.1 * toInt64(part.3)) AS zeros,
    max(threshold) AS widest_threshold,
    sumMap(
        arrayMap(at -> toInt64(part.4) + at, range(length(part.5))),
        arrayMap(amount -> part.1 * toInt64(amount), part.5)) AS positives,
    sumMap(
        arrayMap(at -> toInt64(part.6) + at, range(length(part.7))),
        arrayMap(amount -> part.1 * toInt64(amount), part.7)) AS negatives
FROM parts
GROUP BY group_values, step, at_scale
ORDER BY group_values, step, at_scale
LIMIT {limit:UInt32}
