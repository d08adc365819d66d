-- Budgets in order of their names; with a name that one.
SELECT name, filter, limit_usd, limit_calls, limit_tokens, window, window_s, action, route
FROM budgets FINAL
WHERE project = {project:String}
    AND NOT is_removed
    AND ({name:String} = '' OR name = {name:String})
ORDER BY name
LIMIT {limit:UInt32}
