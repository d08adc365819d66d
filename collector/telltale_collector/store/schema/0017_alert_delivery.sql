-- Who is told of alerts, by project and name; matchers are JSON. A row replaces the one before it.
CREATE TABLE IF NOT EXISTS alert_receivers
(
    project LowCardinality(String),
    name String,
    channel LowCardinality(String),
    address String,
    severities Array(String),
    matchers String,
    repeat_s UInt32,
    send_resolved Bool,
    is_removed Bool,
    changed_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (project, name)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Which alerts are not told for a while.
CREATE TABLE IF NOT EXISTS alert_silences
(
    project LowCardinality(String),
    id String,
    matchers String,
    starts_at DateTime64(9, 'UTC'),
    ends_at DateTime64(9, 'UTC'),
    created_by String,
    comment String,
    is_removed Bool,
    changed_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (project, id)
TTL toDateTime(least(ends_at, toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Who knows of an alert: the newest counts, for an occurrence that had begun by then.
CREATE TABLE IF NOT EXISTS alert_acknowledgements
(
    project LowCardinality(String),
    fingerprint String,
    created_by String,
    comment String,
    at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (project, fingerprint)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- What was said to whom: the last word on each occurrence of an alert.
CREATE TABLE IF NOT EXISTS alert_told
(
    receiver String,
    project LowCardinality(String),
    fingerprint String,
    starts_at DateTime64(9, 'UTC'),
    status LowCardinality(String),
    told_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(told_at)
ORDER BY (receiver, project, fingerprint, starts_at)
TTL toDateTime(told_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
