-- Bytes on disk of all tables.
SELECT sum(bytes_on_disk) AS disk_bytes
FROM system.parts
WHERE active AND database = currentDatabase()
