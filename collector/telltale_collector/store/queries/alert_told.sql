-- The last word that a receiver was told about each occurrence of an alert.
SELECT project, fingerprint, starts_at, status, told_at
FROM alert_told FINAL
WHERE receiver = {receiver:String}
