-- Items that could not be settled or that the store refuses, each with the reason; nothing acknowledged is thrown away.
-- payload is an OTLP export request of one item, in protobuf, base64.
CREATE TABLE IF NOT EXISTS dead_letters
(
    project LowCardinality(String),
    signal LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    payload String CODEC(ZSTD(3)),
    received_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (project, received_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
