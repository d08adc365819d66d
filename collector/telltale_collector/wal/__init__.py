"""The write-ahead log: a request is acknowledged once its record is on disk, and forgotten once it is in the store.

    append ──▶ group commit (one fdatasync for all that wait) ──▶ future resolves: acknowledge
    next_batch ──▶ sealed range of records ──▶ settle ──▶ commit ──▶ checkpoint on disk ──▶ old segments unlinked

Files in the log's folder: ``id`` (the log's name, part of every deduplication token), ``NNNNNNNNNNNN.wal`` segments of
records, ``cursor`` (checkpoint and the sealed batch), ``quarantine/`` (damaged bytes that were skipped).
"""

from telltale_collector.wal.log import Batch, Wal
from telltale_collector.wal.record import Record, Signal

__all__ = ["Batch", "Record", "Signal", "Wal"]
