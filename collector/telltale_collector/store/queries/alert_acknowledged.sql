-- When an alert was acknowledged last, in Unix nanoseconds; 0 where it was not.
SELECT max(toUnixTimestamp64Nano(at)) AS changed_at
FROM alert_acknowledgements
WHERE project = {project:String}
    AND fingerprint = {fingerprint:String}
