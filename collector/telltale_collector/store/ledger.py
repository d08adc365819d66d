"""The table ``ledger``: counts of what became of everything that came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telltale_collector.model import Tally
from telltale_collector.store import named
from telltale_collector.store.client import Client

_SECOND_NS = 1_000_000_000
_LAST_HOUR_S = (2**32 - 1) // 3600 * 3600


class LedgerTable:
    """The counts of one write-ahead log's batches.

    Args:
        client: the store.
        log: the id of the write-ahead log; positions of another log say nothing about this one.
    """

    def __init__(self, client: Client, log: str) -> None:
        self._client = client
        self._log = log

    def load(self) -> tuple[list[Tally], int]:
        """Everything counted so far, and the place in the log up to which it is complete (0: none)."""
        rows = self._client.query(named.query_text("ledger"), {"log": self._log}, {})
        tallies = [
            Tally(
                row["project"],
                row["hour_s"] * _SECOND_NS,
                row["signal"],
                row["outcome"],
                row["reason"],
                int(row["items"]),
            )
            for row in rows
        ]
        return tallies, max((int(row["upto"]) for row in rows), default=0)

    def add(self, tallies: Sequence[Tally], upto: int, token: str) -> None:
        """Add the counts of one batch, all or none; the same token again adds nothing.

        Raises:
            StoreError: to be tried again.
        """
        self._client.insert("ledger", ledger_columns(tallies, self._log, upto), f"{token}-ledger")


def ledger_columns(tallies: Sequence[Tally], log: str, upto: int) -> dict[str, list[Any]]:
    """Columns of the table ``ledger``."""
    return {
        "project": [tally.project for tally in tallies],
        "hour": [min(tally.hour // _SECOND_NS, _LAST_HOUR_S) for tally in tallies],
        "signal": [tally.signal for tally in tallies],
        "outcome": [tally.outcome for tally in tallies],
        "reason": [tally.reason for tally in tallies],
        "log": [log] * len(tallies),
        "items": [tally.items for tally in tallies],
        "upto": [upto] * len(tallies),
    }
