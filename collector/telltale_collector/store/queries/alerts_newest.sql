-- When an alert changed last, by the clock of then.
SELECT max(changed_at) AS newest
FROM alert_changes
