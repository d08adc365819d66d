"""The one door to ClickHouse: the embedded engine (``chdb://``) or a server (``clickhouse://``, ``https://``)."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError
from clickhouse_connect.driver.transform import NativeTransform
from urllib3.exceptions import HTTPError

from telltale_collector.errors import StartError, StoreError
from telltale_collector.store import named
from telltale_collector.store.blocks import CANNOT_ENCODE, Block, encode, join
from telltale_collector.store.in_flight import InFlight

_Answer = TypeVar("_Answer")

_AS_STORED = {"DateTime64": "int"}
"""Nanoseconds come back as integers: a datetime would lose the last three digits."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they come, with each column's name and its type in ClickHouse's words."""

    names: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Client:
    """Runs statements, one at a time a connection. Readers share a small pool; the writer has a connection of its own.

    Args:
        dsn: ``chdb:///abs/path`` or a ClickHouse DSN.
        readers: connections for reading, which is also the number of queries that run at once.
        timeout_s: a server that says nothing for so long is given up; the embedded engine is always waited for.
    """

    def __init__(self, dsn: str, readers: int = 4, timeout_s: int = 60) -> None:
        self._dsn = dsn
        self._timeout_s = timeout_s
        self.is_embedded = dsn.startswith("chdb:")
        self._in_flight = InFlight()
        self._types: dict[str, dict[str, str]] = {}
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
            return self._run(lambda: _rows_of(connection, sql, dict(parameters), dict(settings)))

    def table(self, sql: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> Table:
        """Run a SELECT whose columns are not known before. All times come back as integers.

        Raises:
            StoreError: the engine refused or could not be reached.
        """
        with self._reader() as connection, _as_store_error():
            return self._run(lambda: _table_of(connection, sql, dict(parameters), dict(settings)))

    def command(self, sql: str) -> None:
        """Run a statement that gives no rows, on the writer's connection."""
        with _as_store_error():
            self._run(lambda: self._writer.command(sql))

    def execute(self, sql: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement with parameters that gives no rows, on the writer's connection."""
        with _as_store_error():
            self._run(lambda: self._writer.command(sql, parameters=dict(parameters)))

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]], token: str) -> None:
        """Insert columns as one block; the same token again inserts nothing more.

        Raises:
            StoreError: permanent, when a value is refused; else to be tried again.
        """
        write = self._insert_here if self.is_embedded else self._insert_over_network
        with _as_store_error(of_rows=True):
            self._run(lambda: write(table, columns, _insert_settings(token)))

    def insert_block(self, table: str, block: Block, beside: Mapping[str, Sequence[Any]], token: str) -> None:
        """Insert columns that are encoded already, and others of the same rows, as ``insert`` does.

        Raises:
            StoreError: permanent, when a value is refused; else to be tried again.
        """
        with _as_store_error(of_rows=True):
            blocks = [block, *([encode(beside, self.column_types(table))] if beside else [])]
            names = [name for each in blocks for name in each.columns]
            settings = _insert_settings(token)
            self._run(lambda: self._writer.raw_insert(table, names, join(blocks), settings=settings, fmt="Native"))

    def column_types(self, table: str) -> dict[str, str]:
        """The type of each column that rows can have a value for.

        Raises:
            StoreError: the engine refused or could not be reached.
        """
        if table not in self._types:
            rows = self.query(named.query_text("column_types"), {"table": table}, {})
            self._types[table] = {row["name"]: row["type"] for row in rows}
        return self._types[table]

    def _insert_here(self, table: str, columns: Mapping[str, Sequence[Any]], settings: dict[str, Any]) -> None:
        with self._insert_context(table, columns, settings) as context:
            self._writer.data_insert(context)

    def _insert_over_network(self, table: str, columns: Mapping[str, Sequence[Any]], settings: dict[str, Any]) -> None:
        """Encode first, then send: a value that does not fit never looks like a connection that broke."""
        with self._insert_context(table, columns) as context:
            context.compression = self._writer.write_compression
            block = b"".join(NativeTransform.build_insert(context))
            if context.insert_exception is not None:
                raise context.insert_exception
        # the block begins with its own INSERT statement
        self._writer.raw_insert(insert_block=block, settings=settings, compression=self._writer.write_compression)

    @contextmanager
    def _insert_context(
        self, table: str, columns: Mapping[str, Sequence[Any]], settings: dict[str, Any] | None = None
    ) -> Iterator[Any]:
        """The driver's context, emptied in the end.

        It refers to itself, and to all rows of the batch: these would stay until circles are looked for, which is rare
        (``commands/up.py``).
        """
        context = self._writer.create_insert_context(
            table, list(columns), data=list(columns.values()), column_oriented=True, settings=settings
        )
        try:
            yield context
        finally:
            vars(context).clear()

    def end_after(self, grace_s: float) -> None:
        """Let go, then, who waits for a server; the embedded engine is waited for."""
        self._in_flight.end_after(grace_s)

    def close(self) -> None:
        for _ in range(self._count):
            self._readers.get().close()
        self._writer.close()

    def _run(self, request: Callable[[], _Answer]) -> _Answer:
        return request() if self.is_embedded else self._in_flight.run(request)

    def _connect(self) -> Any:
        try:
            return clickhouse_connect.get_client(dsn=_driver_dsn(self._dsn), **self._options())
        except (*_OUT_OF_REACH, ImportError, ValueError) as error:
            text = " ".join(str(error).split())
            raise StartError(f"cannot open the store {_without_password(self._dsn)}: {text}") from error

    def _options(self) -> dict[str, Any]:
        """For a server: its sessions would lock one another out, and a connection that hangs must not hang us."""
        if self.is_embedded:
            return {}
        return {
            "autogenerate_session_id": False,
            "form_encode_query_params": True,
            "connect_timeout": min(10, self._timeout_s),
            "send_receive_timeout": self._timeout_s,
        }

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        connection = self._readers.get()
        try:
            yield connection
        finally:
            self._readers.put(connection)


def _insert_settings(token: str) -> dict[str, Any]:
    return {
        "insert_deduplication_token": token,
        "insert_deduplicate": 1,
        "optimize_on_insert": 0,  # a batch has each row once; merges and FINAL see to what was there before
        "max_partitions_per_insert_block": 0,  # back-fills: partition_date bounds them
        "wait_end_of_query": 1,  # a server's status is then the insert's, not that of its beginning
    }


def _rows_of(connection: Any, sql: str, parameters: dict[str, Any], settings: dict[str, Any]) -> list[dict[str, Any]]:
    result = connection.query(sql, parameters=parameters, settings=settings, query_formats=_AS_STORED)
    return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]


def _table_of(connection: Any, sql: str, parameters: dict[str, Any], settings: dict[str, Any]) -> Table:
    formats = _AS_STORED | {"DateTime": "int"}
    result = connection.query(sql, parameters=parameters, settings=settings, query_formats=formats)
    return Table(result.column_names, [each.name for each in result.column_types], result.result_rows)


_REFUSED_ROWS = {6, 27, 38, 41, 53, 69, 70, 72, 117, 131, 349, 407, 441, 469}
"""Codes of ClickHouse that speak of a value in the rows: cannot parse, out of bound, overflow, violated constraint."""

_OUT_OF_REACH = (ClickHouseError, HTTPError, OSError)
"""What the driver raises where the engine refuses, or where the network does: in a request, or within an answer."""


@contextmanager
def _as_store_error(*, of_rows: bool = False) -> Iterator[None]:
    """Engine and driver errors as StoreError; ``of_rows``: values that cannot be encoded are refused rows."""
    try:
        yield
    except _OUT_OF_REACH as error:
        permanent = isinstance(error, DataError) or getattr(error, "code", None) in _REFUSED_ROWS
        raise StoreError(_one_line(error), permanent=permanent) from error
    except CANNOT_ENCODE as error:
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
