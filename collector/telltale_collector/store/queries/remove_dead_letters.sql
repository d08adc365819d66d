-- Letters that were carried again.
DELETE FROM dead_letters
WHERE project = {project:String}
    AND lower(hex(sipHash128(signal, payload, toUnixTimestamp64Nano(received_at)))) IN {ids:Array(String)}
