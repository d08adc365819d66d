-- Given spans, whole: to read them again when log events complete them.
SELECT *
FROM spans FINAL
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
    AND span_id IN {span_ids:Array(String)}
