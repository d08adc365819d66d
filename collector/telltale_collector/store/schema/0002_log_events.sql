-- GenAI log events as they came: messages and call details that complete a span, joined by trace and span id. They are
-- kept, so that a span that arrives after its events is completed too.
CREATE TABLE IF NOT EXISTS log_events
(
    project LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    attributes String CODEC(ZSTD(3)),
    body String CODEC(ZSTD(3)),
    scope LowCardinality(String),
    resource String CODEC(ZSTD(1)),
    received_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (project, trace_id, span_id, event_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
