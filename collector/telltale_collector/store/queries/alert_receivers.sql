-- Receivers of alerts in order of their names, of one project or of all; with a name that one.
SELECT project, name, channel, address, severities, matchers, repeat_s, send_resolved
FROM alert_receivers FINAL
WHERE NOT is_removed
    AND ({project:String} = '' OR project = {project:String})
    AND ({name:String} = '' OR name = {name:String})
ORDER BY project, name
LIMIT {limit:UInt32}
