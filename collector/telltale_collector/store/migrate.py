"""The schema, as numbered ``.sql`` files applied in order and recorded.

Each can be applied again: the process, or the machine, may end between a migration and its record.
"""

from __future__ import annotations

from importlib.resources import files

from telltale_collector.errors import StartError
from telltale_collector.store.client import Client

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime64(9, 'UTC') DEFAULT now64(9))
ENGINE = MergeTree ORDER BY name
"""
_DURABLE_RECORD = "ALTER TABLE schema_migrations MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1"


def migrations() -> dict[str, list[str]]:
    """The migrations in order: name to statements. A line of a file that ends in a semicolon ends a statement."""
    folder = files(__package__) / "schema"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    texts = {name.removesuffix(".sql"): (folder / name).read_text(encoding="utf-8") for name in names}
    return {name: [part for part in text.split(";\n") if part.strip()] for name, text in texts.items()}


def migrate(client: Client) -> list[str]:
    """Apply what is missing and give its names.

    Raises:
        StartError: the store was written by a newer Telltale.
    """
    client.command(_RECORD)
    known = migrations()
    applied = {row["name"] for row in client.query("SELECT name FROM schema_migrations", {}, {})}
    newer = sorted(applied - set(known))
    if newer:
        raise StartError(
            f"the store has migration {newer[-1]!r}, which this version does not know",
            "it was written by a newer Telltale: install that version or a later one",
        )
    missing = [name for name in known if name not in applied]
    if missing:
        client.command(_DURABLE_RECORD)
    for name in missing:
        for statement in known[name]:
            client.command(statement)
        client.insert("schema_migrations", {"name": [name]}, token=f"migration-{name}")
    return missing
