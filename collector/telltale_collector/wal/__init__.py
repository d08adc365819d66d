"""The write-ahead log: a request is acknowledged once its record is on disk, and forgotten once it is in the store.

    append ──▶ group commit (one fdatasync for all that wait) ──▶ future resolves: acknowledge
    next_batch ──▶ bounds sealed in the journal (the batch's only fsync) ──▶ settle ──▶ commit ──▶ journal
    ten minutes later ──▶ segments unlinked

Files in the log's folder: ``id`` (the log's name, part of every deduplication token), ``<number>-<marker>.wal``
segments of records, ``<number>.batches`` journals (bounds of batches, how far the store has got), ``quarantine/``
(bytes that were skipped), ``reserve`` (room for journal and quarantine when the disk is full).

What is promised, and where: a record is durable before its future resolves (``group_commit``); a batch has the same
records under the same token however often it is handed out (``journal``); a segment is unlinked after the checkpoint
behind it is durable (``room``); a file whose write or sync failed is never written or synced again; after the machine
ended without warning everything kept is handed out again (``history``); damage costs the records it touches
(``record``, ``reader``), stops nothing, is counted and kept (``quarantine``).
"""

from telltale_collector.wal.batch import Batch
from telltale_collector.wal.host import Host
from telltale_collector.wal.log import Wal
from telltale_collector.wal.record import Record, Signal

__all__ = ["Batch", "Host", "Record", "Signal", "Wal"]
