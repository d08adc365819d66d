"""The one door to ClickHouse: the embedded engine (``chdb://``) or a server (``clickhouse://``, ``https://``)."""

from __future__ import annotations

import queue
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError

from telltale_collector.errors import StartError, StoreError

_AS_STORED = {"DateTime64": "int"}
"""Nanoseconds come back as integers: a datetime would lose the last three digits."""


class Client:
    """Runs statements, one at a time a connection. Readers share a small pool; the writer has a connection of its own.

    Args:
        dsn: ``chdb:///abs/path`` or a ClickHouse DSN.
        readers: connections for reading, which is also the number of queries that run at once.
    """

    def __init__(self, dsn: str, readers: int = 4) -> None:
        self._dsn = dsn
        self.is_embedded = dsn.startswith("chdb:")
        self._writer = self._connect()
        self._readers: queue.Queue[Any] = queue.Queue()
        for _ in range(readers):
            self._readers.put(self._connect())
        self._count = readers

    def query(self, sql: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a SELECT and give its rows, by column name.

        Raises:
            StoreError: the engine refused or could not be reached.
        """
        with self._reader() as connection, _as_store_error():
            result = connection.query(
                sql, parameters=dict(parameters), settings=dict(settings), query_formats=_AS_STORED
            )
            names = result.column_names
            return [dict(zip(names, row, strict=True)) for row in result.result_rows]

    def command(self, sql: str) -> None:
        """Run a statement that gives no rows, on the writer's connection."""
        with _as_store_error():
            self._writer.command(sql)

    def execute(self, sql: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement with parameters that gives no rows, on the writer's connection."""
        with _as_store_error():
            self._writer.command(sql, parameters=dict(parameters))

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]], token: str) -> None:
        """Insert columns as one block; the same token again inserts nothing more.

        Raises:
            StoreError: permanent, when a value is refused; else to be tried again.
        """
        settings = {
            "insert_deduplication_token": token,
            "insert_deduplicate": 1,
            "max_partitions_per_insert_block": 0,  # back-fills: partition_date bounds them
        }
        with _as_store_error(of_rows=True):
            self._writer.insert(
                table,
                list(columns.values()),
                column_names=list(columns),
                column_oriented=True,
                settings=settings,
            )

    def close(self) -> None:
        for _ in range(self._count):
            self._readers.get().close()
        self._writer.close()

    def _connect(self) -> Any:
        # a server's sessions would lock one another out; the embedded engine has none
        options: dict[str, Any] = (
            {} if self.is_embedded else {"autogenerate_session_id": False, "form_encode_query_params": True}
        )
        try:
            return clickhouse_connect.get_client(dsn=_driver_dsn(self._dsn), **options)
        except (ClickHouseError, ImportError, OSError, ValueError) as error:
            text = " ".join(str(error).split())
            raise StartError(f"cannot open the store {_without_password(self._dsn)}: {text}") from error

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        connection = self._readers.get()
        try:
            yield connection
        finally:
            self._readers.put(connection)


_REFUSED_ROWS = {6, 27, 38, 41, 53, 69, 70, 72, 117, 131, 349, 407, 441, 469}
"""Codes of ClickHouse that speak of a value in the rows: cannot parse, out of bound, overflow, violated constraint."""

_CANNOT_ENCODE = (TypeError, ValueError, AttributeError, ArithmeticError, struct.error)
"""What the driver raises on a value that does not fit its column."""


@contextmanager
def _as_store_error(*, of_rows: bool = False) -> Iterator[None]:
    """Engine and driver errors as StoreError; ``of_rows``: values that cannot be encoded are refused rows."""
    try:
        yield
    except (ClickHouseError, OSError) as error:
        permanent = isinstance(error, DataError) or getattr(error, "code", None) in _REFUSED_ROWS
        raise StoreError(_one_line(error), permanent=permanent) from error
    except _CANNOT_ENCODE as error:
        if not of_rows:
            raise
        raise StoreError(f"{type(error).__name__}: {_one_line(error)}", permanent=True) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:2000]


def _driver_dsn(dsn: str) -> str:
    return dsn.replace("clickhouse://", "http://", 1) if dsn.startswith("clickhouse://") else dsn


def _without_password(dsn: str) -> str:
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn
    netloc = parts.netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=netloc))
