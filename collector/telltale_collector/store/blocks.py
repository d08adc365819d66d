"""Columns in ClickHouse's Native format, encoded in one process and inserted by another.

A Native block is its number of columns and of rows, then each column by itself: blocks of the same rows are joined by
putting one behind the other (https://clickhouse.com/docs/interfaces/formats/Native).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.exceptions import DataError
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.transform import NativeTransform

CANNOT_ENCODE = (DataError, TypeError, ValueError, AttributeError, ArithmeticError, struct.error)
"""What the driver raises on a value that does not fit its column."""


@dataclass(frozen=True, slots=True)
class Block:
    """``body``: the columns, in this order, without the block's head."""

    columns: tuple[str, ...]
    rows: int
    body: bytes


def encode(columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> Block:
    """Encode columns of equal length.

    Args:
        columns: at least one, with at least one row.
        types: of the table's columns, by name.

    Raises:
        ValueError: a value does not fit its column.
    """
    rows = len(next(iter(columns.values())))
    context = InsertContext(
        "t",
        list(columns),
        [get_from_name(types[name]) for name in columns],
        data=list(columns.values()),
        column_oriented=True,
        block_size=rows,
    )
    try:
        whole = b"".join(NativeTransform.build_insert(context))
        if context.insert_exception is not None:
            raise context.insert_exception
    except CANNOT_ENCODE as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    finally:
        vars(context).clear()  # it refers to itself, and to all rows
    statement_end = whole.index(b"\n") + 1
    return Block(tuple(columns), rows, whole[statement_end + len(_head(len(columns), rows)) :])


def join(blocks: Sequence[Block]) -> bytes:
    """One block, as an insert takes it, of several with the same rows."""
    count = sum(len(block.columns) for block in blocks)
    return b"".join([_head(count, blocks[0].rows), *(block.body for block in blocks)])


def _head(columns: int, rows: int) -> bytes:
    return _leb128(columns) + _leb128(rows)


def _leb128(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
