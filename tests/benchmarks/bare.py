"""The engine alone: the very rows that Telltale stored, into an empty table of the same schema.

    python bare.py copy STORE BLOCKS     stored rows as Native blocks, in the order in which they came
    python bare.py insert BLOCKS STORE   the blocks into a new store, one writer, one insert a block

Each prints a JSON object. Two processes, since a process can open one store only. What is timed is parsing Native,
sorting, indexing, compressing, writing and syncing: no HTTP, no OTLP, no write-ahead log, nobody beside it.
"""

import json
import sys
import time
from pathlib import Path

from telltale_collector.store.client import Client
from telltale_collector.store.migrate import migrate

BATCH = 8_000
"""Rows of an insert: Telltale's default for ``--batch-spans``."""

MOST_ROWS = 600_000
"""Some 20 s of the bare engine, enough for merges to run beside the inserts, and 1 GB of blocks."""

_COPY = f"""
INSERT INTO FUNCTION file('{{blocks}}/{{{{_partition_id}}}}.native', 'Native')
PARTITION BY intDiv(rowNumberInAllBlocks(), {BATCH})
SELECT * FROM spans FINAL ORDER BY received_at LIMIT {MOST_ROWS}
"""

_INSERT = """
INSERT INTO spans FROM INFILE '{block}'
SETTINGS insert_deduplicate = 1, insert_deduplication_token = '{token}', max_partitions_per_insert_block = 0
FORMAT Native
"""

_SIZE = """
SELECT
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()) AS store_bytes,
    (SELECT count() FROM spans FINAL) AS stored_rows
"""


def copy(store: Path, blocks: Path) -> dict[str, float]:
    """Rows of the store, and what its live parts take on disk."""
    client = Client(f"chdb://{store}", readers=1)
    client.command(_COPY.format(blocks=blocks))
    sizes = client.query(_SIZE, {}, {})[0]
    client.close()
    return sizes


def insert(blocks: Path, store: Path) -> dict[str, float]:
    """Rows, seconds and CPU seconds of the inserts; merges that run beside them count."""
    paths = sorted(blocks.glob("*.native"), key=lambda path: int(path.stem))
    client = Client(f"chdb://{store}", readers=1)
    migrate(client)
    began, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        client.command(_INSERT.format(block=path, token=path.stem))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    figures = {"rows": _rows(client), "blocks": len(paths), "seconds": seconds, "cpu_s": cpu}
    client.close()
    return figures


def _rows(client: Client) -> int:
    return int(client.query("SELECT count() AS rows FROM spans FINAL", {}, {})[0]["rows"])


def main(command: str, source: str, target: str) -> int:
    work = {"copy": copy, "insert": insert}[command]
    print(json.dumps(work(Path(source), Path(target))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
