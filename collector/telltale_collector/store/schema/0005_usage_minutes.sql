-- Usage by minute of hours that are over: what usage.sql would say of them, ready to be merged.
-- A roll of an hour writes all its rows under a new generation; rolled_hours names the generation that holds. The rows are
-- whole, not deltas: spans may be replaced (ReplacingMergeTree), and a materialized view would count them twice.
CREATE TABLE IF NOT EXISTS usage_minutes
(
    project LowCardinality(String),
    hour DateTime('UTC'),
    generation UInt64,
    minute DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    request_model LowCardinality(Nullable(String)),
    response_model LowCardinality(Nullable(String)),
    provider LowCardinality(Nullable(String)),
    operation LowCardinality(Nullable(String)),
    kind LowCardinality(String),
    is_call Bool,
    service LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    prompt_name LowCardinality(Nullable(String)),
    prompt_version LowCardinality(Nullable(String)),
    route LowCardinality(Nullable(String)),
    calls UInt64,
    errors UInt64,
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_usd Nullable(Decimal(38, 12)),
    cache_savings_usd Nullable(Decimal(38, 12)),
    unpriced_calls UInt64,
    estimated_calls UInt64,
    streamed_calls UInt64,
    guard_pass UInt64,
    guard_flag UInt64,
    guard_redact UInt64,
    guard_block UInt64,
    guard_error UInt64,
    cache_hits UInt64,
    duration_state AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Int64),
    ttft_state AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Int64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (project, hour, generation, minute)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024
