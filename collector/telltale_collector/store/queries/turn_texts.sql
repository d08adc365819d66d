-- What was asked and answered in given traces, their names, and what guards objected to.
WITH
    (parent_span_id IS NULL) AS is_root,
    arrayFilter((content, role) -> role IN ('user', ''), input_messages.content, input_messages.role) AS asked
SELECT
    trace_id,
    argMin(name, (NOT is_root, start_time)) AS trace_name,
    countIf(is_open) AS open_spans,
    argMinIf(substringUTF8(arrayElement(asked, -1), 1, {chars:UInt32}), (NOT is_root, kind != 'llm', start_time),
        notEmpty(asked)) AS question,
    argMinIf(substringUTF8(arrayElement(output_messages.content, 1), 1, {chars:UInt32}),
        (NOT is_root, kind != 'llm', start_time), notEmpty(output_messages.content)) AS answer,
    arraySort(groupUniqArrayIf((coalesce(guard_verdict, ''), coalesce(guard_name, name)),
        guard_verdict IS NOT NULL AND guard_verdict != 'pass')) AS objections,
    countIf(guard_verdict IS NOT NULL) AS guards,
    argMinIf(coalesce(status_message, error_type, ''), (NOT is_root, start_time), status = 'error') AS failure
FROM spans FINAL
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
    AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
GROUP BY trace_id
