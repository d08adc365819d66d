-- Data points of GenAI instruments as they came. Project, name, time, series and start are the identity: a point that is
-- sent again replaces itself. series_id is a digest of resource, scope, attributes, type and unit.
CREATE TABLE IF NOT EXISTS metric_points
(
    project LowCardinality(String),
    name LowCardinality(String),
    description LowCardinality(String),
    unit LowCardinality(String),
    type LowCardinality(String),
    temporality LowCardinality(Nullable(String)),
    is_monotonic Bool,
    service LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    series_id String CODEC(ZSTD(1)),
    -- since when the point counts; 1970 where the sender does not say
    start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    flags UInt32,

    -- gauges and sums
    value Nullable(Float64) CODEC(ZSTD(1)),

    -- histograms and summaries
    count Nullable(UInt64) CODEC(ZSTD(1)),
    sum Nullable(Float64) CODEC(ZSTD(1)),
    min Nullable(Float64) CODEC(ZSTD(1)),
    max Nullable(Float64) CODEC(ZSTD(1)),
    bounds Array(Float64) CODEC(ZSTD(1)),
    bucket_counts Array(UInt64) CODEC(ZSTD(1)),
    scale Nullable(Int32),
    zero_count Nullable(UInt64),
    zero_threshold Nullable(Float64),
    positive_offset Int32,
    positive_counts Array(UInt64) CODEC(ZSTD(1)),
    negative_offset Int32,
    negative_counts Array(UInt64) CODEC(ZSTD(1)),
    quantiles Nested (quantile Float64, value Float64),

    -- single measurements and the spans they were made in
    exemplars Nested (time DateTime64(9, 'UTC'), value Float64, trace_id String, span_id String, attributes String),

    -- text values as they are, others as JSON, their types beside them
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    resource_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    scope LowCardinality(String),
    scope_version LowCardinality(String),

    received_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    partition_date Date
)
ENGINE = ReplacingMergeTree(received_at)
-- the month of the point, or of its arrival where the two lie far apart: hostile clocks open no partitions
PARTITION BY toYYYYMM(partition_date)
ORDER BY (project, name, toStartOfHour(time), series_id, time, start_time)
SETTINGS
    non_replicated_deduplication_window = 1000,
    index_granularity = 1024,
    fsync_after_insert = 1,
    fsync_part_directory = 1
