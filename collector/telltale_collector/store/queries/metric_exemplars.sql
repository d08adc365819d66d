-- Measurements behind an instrument's points that lead to a trace, newest first, each once.
SELECT
    exemplar_time,
    exemplar_value,
    trace_id,
    span_id,
    any(service) AS seen_service
FROM
(
    SELECT
        service,
        exemplars.time AS exemplar_time,
        exemplars.value AS exemplar_value,
        exemplars.trace_id AS trace_id,
        exemplars.span_id AS span_id
    FROM metric_points FINAL
    ARRAY JOIN exemplars
    WHERE project = {project:String}
        AND name = {name:String} AND type = {type:String} AND unit = {unit:String}
        AND time >= fromUnixTimestamp64Nano({from_time:Int64})
        AND time < fromUnixTimestamp64Nano({to_time:Int64})
        AND ({service:String} = '' OR service = {service:String})
        AND ({environment:String} = '' OR environment = {environment:String})
        AND exemplars.trace_id != ''
)
GROUP BY exemplar_time, exemplar_value, trace_id, span_id
ORDER BY exemplar_time DESC, trace_id, span_id
LIMIT {limit:UInt32}
