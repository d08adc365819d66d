"""Any Python value as bounded JSON text, without ever raising and without walking more than is kept."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from telltale._safely import safely

LIMIT: Final = 256 * 1024
"""Characters kept of one value."""

_DEPTH: Final = 16
_AS_TEXT: Final = (date, time, UUID, Decimal, PurePath)


def cut(text: str, limit: int = LIMIT) -> str:
    """The text, at most ``limit`` characters of it, with a mark that says how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} […cut {len(text) - limit} characters]"


def to_text(value: Any, limit: int = LIMIT) -> str:
    """A str as it is, anything else as JSON text."""
    return cut(value, limit) if isinstance(value, str) else to_json(value, limit)


def to_json(value: Any, limit: int = LIMIT) -> str:
    """JSON text of any value: what JSON lacks as its ``repr``, long strings and lists cut and marked."""
    text = None
    with safely("record a value as JSON"):
        text = json.dumps(plain(value, limit), ensure_ascii=False, separators=(",", ":"))
    return json.dumps(_shown(value), ensure_ascii=False) if text is None else text


def plain(value: Any, limit: int = LIMIT) -> Any:
    """A copy of the value made of JSON's types alone, holding at most about ``limit`` characters."""
    return _Copy(limit).of(value, 0)


class _Copy:
    def __init__(self, limit: int) -> None:
        self._left = limit

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 2
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, (int, float)):
            self._left -= 8
            return _number(value)
        if depth >= _DEPTH:
            return "[…cut: nested too deep]"
        return self._composite(value, depth)

    def _composite(self, value: Any, depth: int) -> Any:
        if isinstance(value, Enum):
            return self.of(value.value, depth + 1)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"<{len(value)} bytes>"
        if isinstance(value, (Sequence, AbstractSet)):
            return self._items(value, depth)
        if isinstance(value, _AS_TEXT):
            return self._string(str(value))
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            pairs = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            return self._mapping(pairs, depth)
        if not isinstance(value, type) and callable(getattr(type(value), "model_dump", None)):
            return self.of(value.model_dump(mode="json"), depth + 1)
        return self._string(_shown(value))

    def _string(self, value: str) -> str:
        kept = cut(value, max(0, self._left))
        self._left -= len(kept)
        return str(kept)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for key, item in value.items():
            if self._left <= 0:
                copy["…"] = f"cut {len(value) - len(copy)} more entries"
                break
            name = self._string(key if isinstance(key, str) else _shown(key))
            copy[name] = self.of(item, depth + 1)
        return copy

    def _items(self, value: Sequence[Any] | AbstractSet[Any], depth: int) -> list[Any]:
        copy: list[Any] = []
        for item in value:
            if self._left <= 0:
                copy.append(f"[…cut {len(value) - len(copy)} more items]")
                break
            copy.append(self.of(item, depth + 1))
        return copy


def _number(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    # Python refuses to write out an int of thousands of digits.
    return int(value) if value.bit_length() < 1024 else hex(value)


def _shown(value: Any) -> str:
    with safely("show a value by its repr"):
        return cut(repr(value))
    return f"<{type(value).__name__} without a usable repr>"
