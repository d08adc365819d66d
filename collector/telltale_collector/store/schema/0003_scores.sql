-- Scores and feedback. score_id is the identity: the same score sent again replaces itself.
CREATE TABLE IF NOT EXISTS scores
(
    project LowCardinality(String),
    score_id String CODEC(ZSTD(1)),
    trace_id Nullable(String) CODEC(ZSTD(1)),
    span_id Nullable(String) CODEC(ZSTD(1)),
    session_id Nullable(String) CODEC(ZSTD(1)),
    name LowCardinality(String),
    value Nullable(Float64),
    label LowCardinality(Nullable(String)),
    comment Nullable(String) CODEC(ZSTD(3)),
    source LowCardinality(String),
    author LowCardinality(Nullable(String)),
    evaluator_version LowCardinality(Nullable(String)),
    created_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),

    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(received_at)
ORDER BY (project, name, score_id)
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
