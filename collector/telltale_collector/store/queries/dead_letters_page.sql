-- What could not be stored, newest first, from before the cursor on. The id names a letter by what is in it; one that was
-- written twice is listed once.
SELECT
    lower(hex(sipHash128(signal, payload, toUnixTimestamp64Nano(received_at)))) AS letter_id,
    signal,
    reason,
    received_at,
    length(base64Decode(payload)) AS size_bytes
FROM dead_letters
WHERE project = {project:String}
    AND received_at <= fromUnixTimestamp64Nano({cursor_time:Int64}, 'UTC')
    AND (toUnixTimestamp64Nano(received_at), letter_id) < ({cursor_time:Int64}, {cursor_id:String})
ORDER BY received_at DESC, letter_id DESC
LIMIT 1 BY letter_id
LIMIT {limit:UInt32}
