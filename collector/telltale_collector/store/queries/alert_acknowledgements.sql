-- Who knows of which alert, the newest first, of one project or of all.
SELECT project, fingerprint, created_by, comment, at
FROM alert_acknowledgements FINAL
WHERE {project:String} = '' OR project = {project:String}
ORDER BY at DESC
LIMIT {limit:UInt32}
