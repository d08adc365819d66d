-- Projects that have ever sent log events: only their spans need to look for some.
SELECT DISTINCT project
FROM log_events
