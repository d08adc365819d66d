-- When a receiver was changed last, also by its removal, in Unix nanoseconds; 0 where there was none.
SELECT max(toUnixTimestamp64Nano(changed_at)) AS changed_at
FROM alert_receivers
WHERE project = {project:String}
    AND name = {name:String}
