-- The scores of given traces, oldest first.
SELECT *
FROM scores FINAL
WHERE project = {project:String}
    AND trace_id IN {trace_ids:Array(String)}
ORDER BY created_at, score_id
