-- What became of alerts: a row for each change of one. The newest row of a fingerprint is how it stands.
CREATE TABLE IF NOT EXISTS alert_changes
(
    project LowCardinality(String),
    fingerprint String,
    rule LowCardinality(String),
    severity LowCardinality(String),
    labels Map(String, String),
    state LowCardinality(String),
    value Float64,
    active_at DateTime64(9, 'UTC'),
    since DateTime64(9, 'UTC'),
    starts_at Nullable(DateTime64(9, 'UTC')),
    ends_at Nullable(DateTime64(9, 'UTC')),
    seen_at DateTime64(9, 'UTC'),
    annotations Map(String, String),
    changed_at DateTime64(9, 'UTC')
)
ENGINE = MergeTree
ORDER BY (project, changed_at, fingerprint)
TTL toDateTime(changed_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
