-- How many items could not be stored.
SELECT count() AS letters
FROM dead_letters
WHERE project = {project:String}
