-- The spans under the names of the OpenTelemetry Collector's ClickHouse exporter: what Grafana's ClickHouse data source,
-- its trace search and other people's boards expect. Nothing is stored here. Project is ours: filter by it.
--
-- Texts that attributes only refer to are put back (store/attributes.py says how they refer).
CREATE VIEW IF NOT EXISTS otel_traces AS
WITH
    arrayConcat(
        input_messages.content,
        output_messages.content,
        arrayMap(content -> coalesce(content, ''), documents.content),
        [coalesce(tool_arguments, ''), coalesce(tool_result, '')]
    ) AS texts,
    JSONExtractArrayRaw(events) AS event_list,
    JSONExtractArrayRaw(links) AS link_list
SELECT
    project AS Project,
    start_time AS Timestamp,
    trace_id AS TraceId,
    span_id AS SpanId,
    coalesce(parent_span_id, '') AS ParentSpanId,
    trace_state AS TraceState,
    name AS SpanName,
    arrayElement(['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'], span_kind + 1) AS SpanKind,
    coalesce(service, '') AS ServiceName,
    CAST(resource, 'Map(String, String)') AS ResourceAttributes,
    coalesce(scope, '') AS ScopeName,
    scope_version AS ScopeVersion,
    mapApply(
        (key, value) -> (toString(key), multiIf(
            attribute_types[key] = 'text', arrayElement(texts, toUInt32OrZero(value) + 1),
            startsWith(attribute_types[key], 'text-'), arrayFold(
                (whole, text, at) -> replaceAll(whole, concat('{"$text":', toString(at - 1), '}'), toJSONString(text)),
                texts, arrayEnumerate(texts), value),
            value)),
        attributes
    ) AS SpanAttributes,
    toUInt64(greatest(duration_ns, 0)) AS Duration,
    initcap(status) AS StatusCode,
    coalesce(status_message, '') AS StatusMessage,
    arrayMap(event -> fromUnixTimestamp64Nano(JSONExtractInt(event, 'time'), 'UTC'), event_list) AS `Events.Timestamp`,
    arrayMap(event -> JSONExtractString(event, 'name'), event_list) AS `Events.Name`,
    arrayMap(event -> JSONExtract(event, 'attributes', 1, 'Map(String, String)'), event_list) AS `Events.Attributes`,
    arrayMap(link -> JSONExtractString(link, 'trace_id'), link_list) AS `Links.TraceId`,
    arrayMap(link -> JSONExtractString(link, 'span_id'), link_list) AS `Links.SpanId`,
    arrayMap(link -> '', link_list) AS `Links.TraceState`,
    arrayMap(link -> JSONExtract(link, 'attributes', 1, 'Map(String, String)'), link_list) AS `Links.Attributes`
FROM spans FINAL
