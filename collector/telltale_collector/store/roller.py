"""The thread that rolls up hours that are over."""

from __future__ import annotations

import logging
import threading
import time

from telltale_collector.errors import StoreError
from telltale_collector.store.rolled import RolledHours

log = logging.getLogger("telltale.roller")

_EVERY_S = 30.0


class Roller:
    """Runs beside the settle loop; a store that is away delays it."""

    def __init__(self, rolled: RolledHours) -> None:
        self._rolled = rolled
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="roller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._rolled.roll_due(time.time_ns(), self._stopping.is_set)
            except StoreError as error:
                log.warning("an hour could not be rolled up, it is tried again: %s", error)
            self._stopping.wait(_EVERY_S)
