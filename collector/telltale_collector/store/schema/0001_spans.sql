-- One row per span. (project, trace_id, span_id) is the identity: a span sent again, or one that later log events
-- completed, replaces the row before it (ReplacingMergeTree; read with FINAL).
--
-- Unknown is NULL (or an empty array / map), never 0 or ''.
-- Texts are stored once: raw attributes refer to them, see store/attributes.py; input_text and output_text are aliases.
CREATE TABLE IF NOT EXISTS spans
(
    project LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id Nullable(String) CODEC(ZSTD(1)),
    name LowCardinality(String),
    service LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    scope LowCardinality(Nullable(String)),
    kind LowCardinality(String),
    operation LowCardinality(Nullable(String)),
    dialect LowCardinality(Nullable(String)),
    start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    end_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ns Int64 ALIAS toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time),
    status LowCardinality(String),
    status_message Nullable(String) CODEC(ZSTD(1)),
    error_type LowCardinality(Nullable(String)),

    provider LowCardinality(Nullable(String)),
    request_model LowCardinality(Nullable(String)),
    response_model LowCardinality(Nullable(String)),
    response_id Nullable(String) CODEC(ZSTD(1)),

    -- role '' marks a value that is no conversation (a query, arguments); extra is JSON: tool calls, reasoning, parts
    `input_messages.role` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `input_messages.content` Array(String) CODEC(ZSTD(3)),
    `input_messages.extra` Array(String) CODEC(ZSTD(3)),
    `output_messages.role` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `output_messages.content` Array(String) CODEC(ZSTD(3)),
    `output_messages.extra` Array(String) CODEC(ZSTD(3)),
    input_text String ALIAS arrayStringConcat(input_messages.content, '\n\n'),
    output_text String ALIAS arrayStringConcat(output_messages.content, '\n\n'),
    tools String CODEC(ZSTD(3)),
    tool_name LowCardinality(Nullable(String)),
    tool_arguments Nullable(String) CODEC(ZSTD(3)),
    tool_result Nullable(String) CODEC(ZSTD(3)),

    input_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    output_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cache_write_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    cache_write_1h_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    reasoning_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    input_audio_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    output_audio_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    input_image_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    output_image_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    tokens_source LowCardinality(Nullable(String)),
    cost_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    input_cost_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    output_cost_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    cache_savings_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    cost_source LowCardinality(Nullable(String)),
    price_id LowCardinality(Nullable(String)),

    ttft_ns Nullable(Int64) CODEC(ZSTD(1)),
    stream Nullable(Bool),
    finish_reason LowCardinality(Nullable(String)),
    finish_reason_raw LowCardinality(Nullable(String)),
    temperature Nullable(Float64),
    top_p Nullable(Float64),
    top_k Nullable(Float64),
    max_tokens Nullable(UInt64),
    seed Nullable(Int64),
    frequency_penalty Nullable(Float64),
    presence_penalty Nullable(Float64),
    stop_sequences Array(String),
    choice_count Nullable(UInt64),
    reasoning_effort LowCardinality(Nullable(String)),
    service_tier LowCardinality(Nullable(String)),

    session_id Nullable(String) CODEC(ZSTD(1)),
    user_id Nullable(String) CODEC(ZSTD(1)),
    tags Array(LowCardinality(String)),
    metadata Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    prompt_name LowCardinality(Nullable(String)),
    prompt_version LowCardinality(Nullable(String)),
    prompt_hash LowCardinality(Nullable(String)),

    `documents.id` Array(Nullable(String)) CODEC(ZSTD(1)),
    `documents.content` Array(Nullable(String)) CODEC(ZSTD(3)),
    `documents.score` Array(Nullable(Float64)) CODEC(ZSTD(1)),
    `documents.rank` Array(Nullable(UInt32)) CODEC(ZSTD(1)),
    `documents.metadata` Array(String) CODEC(ZSTD(1)),

    guard_name LowCardinality(Nullable(String)),
    guard_stage LowCardinality(Nullable(String)),
    guard_verdict LowCardinality(Nullable(String)),
    guard_reason Nullable(String) CODEC(ZSTD(1)),
    guard_score Nullable(Float64),
    cache_hit Nullable(Bool),
    cache_key Nullable(String) CODEC(ZSTD(1)),
    route LowCardinality(Nullable(String)),
    route_reason Nullable(String) CODEC(ZSTD(1)),
    route_baseline_model LowCardinality(Nullable(String)),
    duplicate_of Nullable(String),

    -- the span as it came: text values as they are, others as JSON, their types beside them
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    resource_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    events String CODEC(ZSTD(1)),
    links String CODEC(ZSTD(1)),
    span_kind UInt8,
    scope_version LowCardinality(String),
    trace_state String,
    leftover String CODEC(ZSTD(1)),

    received_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    partition_date Date,

    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_id_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX input_words arrayMap(content -> lowerUTF8(content), input_messages.content) TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX output_words arrayMap(content -> lowerUTF8(content), output_messages.content) TYPE text(tokenizer = 'splitByNonAlpha')
)
ENGINE = ReplacingMergeTree(received_at)
-- the day of the start, or of the arrival where the start lies far from it: hostile clocks open no partitions
PARTITION BY partition_date
ORDER BY (project, toStartOfHour(start_time), trace_id, span_id)
SETTINGS
    non_replicated_deduplication_window = 1000,
    index_granularity = 1024,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_free_disk_bytes_to_perform_insert = 500000000
