"""A process that reads ahead for the collector (``read_ahead.py``), until that is gone or has nothing to read for long.

python -m telltale_collector.pipeline.reading_process FD
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from telltale._version import __version__
from telltale_collector.enrich import PriceTable
from telltale_collector.pipeline.read import FAULTS, Reading, read_into_columns
from telltale_collector.wal import Record

_IDLE_S = 120.0
"""After that its memory is worth more than the second that it takes to start it again."""

_COLLECT_EVERY = 10
_NICENESS = 5
"""Senders wait for the collector, nobody for this process."""


def main(fd: int) -> int:
    """Serve the collector at the other end of a socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both: the collector decides
    os.nice(_NICENESS)
    with suppress(EOFError, OSError):
        _serve(Connection(fd))
    return 0


def _serve(connection: Connection) -> None:
    version, prices, types = _receive(connection)
    if version != __version__:
        sys.exit(f"this is Telltale {__version__}, the collector is {version}: restart it")
    gc.disable()  # in the middle of a batch it would look through all of its objects, at half the time of reading it
    _send(connection, __version__)
    while connection.poll(_IDLE_S):
        number, records = _receive(connection)
        _send(connection, (number, _read(records, prices, types)))
        if number % _COLLECT_EVERY == 0:
            gc.collect()


def _read(records: Sequence[Record], prices: PriceTable, types: Mapping[str, str]) -> Reading | None:
    """None where something cannot be read: the collector then finds out what, by halves."""
    try:
        return read_into_columns(records, prices, types)
    except FAULTS:
        return None


def _send(connection: Connection, what: object) -> None:
    connection.send_bytes(pickle.dumps(what, protocol=5))


def _receive(connection: Connection) -> Any:
    return pickle.loads(connection.recv_bytes())  # noqa: S301 - from the collector that started this


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
