"""Any Python value as bounded JSON text, without ever raising and without walking more than is kept.

What is looked at is an object's own type, never what it claims to be (a lazy proxy would load for that), and what a
subclass of a built-in type holds is read with the built-in's methods. What is no container but can be iterated, such as
a generator or a query that nobody has run yet, is only named: it is the application's to consume.
"""

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
_BUILT_IN: Final = (dict, list, tuple, set, frozenset)
_ARRAYS: Final = ("__array__", "__array_interface__", "__dataframe__")
"""What arrays and tables have: their repr is short and loads nothing."""

_TOO_DEEP: Final = "[…cut: nested too deep]"


def cut(text: str, limit: int = LIMIT) -> str:
    """The text, at most ``limit`` characters of it, with a mark that says how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} […cut {len(text) - limit} characters]"


def to_text(value: Any, limit: int = LIMIT) -> str:
    """A str as it is, anything else as JSON text."""
    return cut(str.__str__(value), limit) if issubclass(type(value), str) else to_json(value, limit)


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
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if issubclass(kind, Enum):
            return self.of(value._value_, depth + 1) if depth < _DEPTH else _TOO_DEEP
        if issubclass(kind, str):
            return self._string(str.__str__(value))
        if issubclass(kind, (int, float)):
            self._left -= 8
            return _number(value, kind)
        return self._composite(value, kind, depth) if depth < _DEPTH else _TOO_DEEP

    def _composite(self, value: Any, kind: type, depth: int) -> Any:
        """What raises costs itself, not what it is in."""
        with safely("record a value as JSON"):
            if issubclass(kind, Mapping):
                return self._mapping(value, kind, depth)
            if issubclass(kind, (bytes, bytearray, memoryview)):
                return f"<{memoryview(value).nbytes} bytes>"
            if issubclass(kind, (Sequence, AbstractSet)):
                return self._items(value, kind, depth)
            if issubclass(kind, _AS_TEXT):
                return self._string(str(value))
            return self._object(value, kind, depth)
        return self._string(_named(kind))

    def _object(self, value: Any, kind: type, depth: int) -> Any:
        if dataclasses.is_dataclass(kind):
            pairs = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(kind)}
            return self._mapping(pairs, dict, depth)
        if not issubclass(kind, type) and callable(getattr(kind, "model_dump", None)):
            return self.of(value.model_dump(mode="json"), depth + 1)
        return self._string(_shown(value))

    def _string(self, value: str) -> str:
        kept = cut(value, max(0, self._left))
        self._left -= len(kept)
        return str(kept)

    def _mapping(self, value: Mapping[Any, Any], kind: type, depth: int) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for key, item in dict.items(value) if issubclass(kind, dict) else value.items():  # type: ignore[arg-type]
            if self._left <= 0:
                copy["…"] = f"cut {_size(value, kind) - len(copy)} more entries"
                break
            name = self._string(_key(key))
            copy[name] = self.of(item, depth + 1)
        return copy

    def _items(self, value: Sequence[Any] | AbstractSet[Any], kind: type, depth: int) -> list[Any]:
        copy: list[Any] = []
        known = _built_in(kind)
        for item in iter(value) if known is None else known.__iter__(value):
            if self._left <= 0:
                copy.append(f"[…cut {_size(value, kind) - len(copy)} more items]")
                break
            copy.append(self.of(item, depth + 1))
        return copy


def _built_in(kind: type) -> Any:
    """The built-in container that a type is, or is made from."""
    return next((known for known in _BUILT_IN if issubclass(kind, known)), None)


def _size(value: Any, kind: type) -> int:
    known = _built_in(kind)
    return int(len(value) if known is None else known.__len__(value))


def _number(value: Any, kind: type) -> Any:
    if issubclass(kind, float):
        plain_float = float.__float__(value)
        return plain_float if math.isfinite(plain_float) else str(plain_float)
    # Python refuses to write out an int of thousands of digits.
    plain_int = int.__int__(value)
    return plain_int if plain_int.bit_length() < 1024 else hex(plain_int)


def _key(key: Any) -> str:
    kind = type(key)
    if issubclass(kind, str):
        return str.__str__(key)
    return repr(key) if kind is int and key.bit_length() < 1024 else _shown(key)


def _shown(value: Any) -> str:
    kind = type(value)
    with safely("show a value by its repr"):
        if issubclass(kind, type):
            return type.__repr__(value)
        return _named(kind) if _is_unread(kind) else cut(str.__str__(repr(value)))
    return f"<{kind.__name__} without a usable repr>"


def _is_unread(kind: type) -> bool:
    """Whether to show it may mean to read it: it can be iterated, and is neither built in nor an array."""
    if kind.__module__ == "builtins":
        return False
    can_be_read = any(hasattr(kind, name) for name in ("__iter__", "__aiter__", "__getitem__"))
    return can_be_read and not any(hasattr(kind, name) for name in _ARRAYS)


def _named(kind: type) -> str:
    return f"<{kind.__module__}.{kind.__qualname__}>"
