-- When a receiver was told last of each occurrence of some alerts, in any of the rows that are kept.
SELECT project, fingerprint, starts_at, max(told_at) AS last_at
FROM alert_told
WHERE receiver = {receiver:String}
    AND has({fingerprints:Array(String)}, fingerprint)
GROUP BY project, fingerprint, starts_at
