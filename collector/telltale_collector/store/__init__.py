"""ClickHouse: one client, one DSN; a schema of numbered files; named queries; a writer and a reader."""
