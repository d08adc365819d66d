-- What became of everything that came, by hour of arrival. Each batch adds its counts in one insert, together with the place
-- in the write-ahead log up to which these are complete: a batch that comes again is known by it.
CREATE TABLE IF NOT EXISTS ledger
(
    project LowCardinality(String),
    hour DateTime('UTC'),
    signal LowCardinality(String),
    outcome LowCardinality(String),
    reason String,
    log String,
    items SimpleAggregateFunction(sum, UInt64),
    upto SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (project, hour, signal, outcome, reason, log)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
