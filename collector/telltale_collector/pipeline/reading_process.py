"""The process that reads ahead for the collector (``read_ahead.py``): it answers until the collector is gone.

python -m telltale_collector.pipeline.reading_process FD
"""

from __future__ import annotations

import gc
import itertools
import os
import pickle
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from telltale_collector.enrich import PriceTable
from telltale_collector.pipeline.read import FAULTS, Reading, read_into_columns
from telltale_collector.wal import Record

_COLLECT_EVERY = 10
_NICENESS = 5
"""Senders wait for the collector, nobody for this process."""


def main(fd: int) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both: the collector decides
    os.nice(_NICENESS)
    with suppress(EOFError, OSError):
        _serve(Connection(fd))
    return 0


def _serve(connection: Connection) -> None:
    prices, types = pickle.loads(connection.recv_bytes())  # noqa: S301 - from the collector that started this
    gc.disable()  # in the middle of a batch it would look through all of its objects, at half the time of reading it
    connection.send_bytes(pickle.dumps(None))
    for number in itertools.count(1):
        records = pickle.loads(connection.recv_bytes())  # noqa: S301
        connection.send_bytes(pickle.dumps(_read(records, prices, types), protocol=5))
        if number % _COLLECT_EVERY == 0:
            gc.collect()


def _read(records: Sequence[Record], prices: PriceTable, types: Mapping[str, str]) -> Reading | None:
    """None where something cannot be read: the collector then finds out what, by halves."""
    try:
        return read_into_columns(records, prices, types)
    except FAULTS:
        return None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
