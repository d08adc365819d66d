-- Remove the rows of older generations of an hour.
DELETE FROM usage_minutes
WHERE project = {project:String}
    AND hour = toDateTime({hour:UInt32}, 'UTC')
    AND generation < {generation:UInt64}
