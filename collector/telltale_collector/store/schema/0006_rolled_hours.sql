-- Which generation of an hour's roll-up holds, and what the hour's spans looked like when it was made: if they still look
-- so, the roll-up is right.
CREATE TABLE IF NOT EXISTS rolled_hours
(
    project LowCardinality(String),
    hour DateTime('UTC'),
    generation UInt64,
    span_rows UInt64,
    newest_received UInt64,
    received_sum UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY (project, hour)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
