-- Budgets by name. A row replaces the one before it; a budget that was removed leaves a row that says so.
CREATE TABLE IF NOT EXISTS budgets
(
    project LowCardinality(String),
    name String,
    filter Map(String, String),
    limit_usd Nullable(Decimal(38, 12)),
    limit_calls Nullable(UInt64),
    limit_tokens Nullable(UInt64),
    window LowCardinality(String),
    window_s Nullable(UInt32),
    action LowCardinality(String),
    route Map(String, String),
    is_removed Bool,
    changed_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (project, name)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
