-- The type of each column of a table that an insert can give values for.
SELECT name, type
FROM system.columns
WHERE database = currentDatabase()
    AND table = {table:String}
    AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')
ORDER BY position
