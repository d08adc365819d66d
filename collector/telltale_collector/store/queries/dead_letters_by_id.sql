-- Whole letters by id, oldest first; no ids: the oldest letters.
SELECT
    lower(hex(sipHash128(signal, payload, toUnixTimestamp64Nano(received_at)))) AS letter_id,
    signal,
    reason,
    received_at,
    payload
FROM dead_letters
WHERE project = {project:String}
    AND (empty({ids:Array(String)}) OR letter_id IN {ids:Array(String)})
ORDER BY received_at, letter_id
LIMIT 1 BY letter_id
LIMIT {limit:UInt32}
