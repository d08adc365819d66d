-- When a silence was changed last, also by its removal, in Unix nanoseconds; 0 where there was none.
SELECT max(toUnixTimestamp64Nano(changed_at)) AS changed_at
FROM alert_silences
WHERE project = {project:String}
    AND id = {id:String}
