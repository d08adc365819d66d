-- A ClickHouse user for Grafana that may read Telltale's tables, of all projects, and nothing else. Change the password,
-- and the database where it is not called telltale. As an administrator: clickhouse-client --multiquery < reader.sql
--
-- The data source sets max_execution_time with every query, which plain readonly = 1 would refuse.
CREATE SETTINGS PROFILE IF NOT EXISTS telltale_reader SETTINGS
    readonly = 1,
    max_execution_time = 60 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000;

CREATE USER IF NOT EXISTS grafana IDENTIFIED WITH sha256_password BY 'change me' SETTINGS PROFILE 'telltale_reader';

GRANT SELECT ON telltale.* TO grafana;

-- names of databases, tables and columns, for Grafana's query editor
GRANT SELECT ON system.databases, SELECT ON system.tables, SELECT ON system.columns TO grafana;
