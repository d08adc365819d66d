"""Runs the SQL of boards: whatever it selects, within limits of time and rows, and never a change to the store."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from telltale_collector.errors import StoreError
from telltale_collector.store.reader import Reader

MAX_ROWS: Final = 20_000
MAX_SECONDS: Final = 20

_SETTINGS: Final = {
    "readonly": 2,  # reads alone; 1 would refuse the other settings
    "max_execution_time": MAX_SECONDS,
    "max_result_rows": MAX_ROWS,
    "result_overflow_mode": "throw",
}
_PARAMETER: Final = re.compile(r"\{(\w+):")
_TIME: Final = re.compile(r"DateTime(?:64\((\d)\b)?")
_WRAPPERS: Final = re.compile(r"^(?:Nullable|LowCardinality)\((.*)\)$")
_NUMBER: Final = re.compile(r"U?Int|Float|Decimal")
_REASONS: Final = {
    "TIMEOUT_EXCEEDED": (
        f"this took longer than {MAX_SECONDS} seconds",
        "choose a shorter time range, or fewer services and models",
    ),
    "TOO_MANY_ROWS_OR_BYTES": (
        f"this gives more than {MAX_ROWS:,} rows",
        "choose a shorter time range, or fewer services and models",
    ),
    "MEMORY_LIMIT_EXCEEDED": ("this needs more memory than there is", "choose a shorter time range"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave.

    Attributes:
        columns: names, in order; without rows there may be none.
        numbers, times: names of the columns that hold numbers, and times in nanoseconds.
        rows: values by column; what is no finite number is None.
        took_ns: how long the query ran.
    """

    columns: list[str]
    numbers: list[str]
    times: list[str]
    rows: list[dict[str, Any]]
    took_ns: int


def run_panel(reader: Reader, sql: str, parameters: Mapping[str, Any]) -> Answer:
    """Run one SELECT with typed parameters; parameters that it does not use are left out.

    Raises:
        StoreError: the engine refused, could not be reached, or a limit was met; the text says what to do.
    """
    used = {name: parameters[name] for name in _PARAMETER.findall(sql) if name in parameters}
    begun = time.perf_counter_ns()
    try:
        found = reader.table(sql, used, _SETTINGS)
    except StoreError as error:
        raise _explained(error) from error
    took_ns = time.perf_counter_ns() - begun
    types = {name: _bare(text) for name, text in zip(found.names, found.types, strict=True)}
    reads = [_read(type_) for type_ in types.values()]
    return Answer(
        columns=list(types),
        numbers=[name for name, type_ in types.items() if _NUMBER.match(type_)],
        times=[name for name, type_ in types.items() if _TIME.match(type_)],
        rows=[_row(found.names, row, reads) for row in found.rows],
        took_ns=took_ns,
    )


def _row(names: Sequence[str], row: Sequence[Any], reads: Sequence[Callable[[Any], Any]]) -> dict[str, Any]:
    return {name: None if value is None else read(value) for name, value, read in zip(names, row, reads, strict=True)}


def _read(type_: str) -> Callable[[Any], Any]:
    if found := _TIME.match(type_):
        factor = 10 ** (9 - int(found[1] or 0))
        return lambda value: int(value) * factor
    if type_.startswith("Float"):
        return lambda value: value if isfinite(value) else None
    return lambda value: value


def _bare(type_: str) -> str:
    """The type without what only says how it is stored."""
    while found := _WRAPPERS.match(type_):
        type_ = found[1]
    return type_


def _explained(error: StoreError) -> StoreError:
    for code, (message, hint) in _REASONS.items():
        if code in error.message:
            return StoreError(message, hint)
    said = error.message.partition(" In scope ")[0][:300]
    return StoreError(said, error.hint or "try again; if it stays, the collector's /readyz says how the store is")
