-- When the newest span of a project started.
SELECT if(count() = 0, NULL, max(start_time)) AS newest
FROM spans
WHERE project = {project:String}
