"""What an application's objects hold now, kept cheaply: it goes on changing its list of messages after the call.

The containers are copied, the texts in them are not. So the copy costs microseconds, and all that is slow, shaping
and writing JSON, can wait for another thread.
"""

from __future__ import annotations

import copy
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import GetSetDescriptorType, NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from telltale._content import LIMIT
from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATOMS: Final = frozenset({str, int, float, bool, NoneType})
_UNCHANGING: Final = (type, Enum, date, time, UUID, Decimal, PurePath, bytes)
_DEPTH: Final = 20
_CONTAINER: Final = 100
_MOST_TEXT: Final = 8 * LIMIT
"""Texts are not copied, only kept alive: a sixteenth of all that may wait to be read."""

_NO_STATE: Final = frozenset({"__module__"})
_COPYING: Final = safely("copy what a call was given")


class Held(NamedTuple):
    """A copy, and about how many bytes of memory it keeps alive."""

    value: Any
    weight: int


class _NotHeldError(Exception):
    """Too large, too deep, or an object that nobody knows how to copy."""


def held(value: Any) -> Held | None:
    """A copy that later changes do not reach; None when the value has to be read at once.

    That is so for objects of types that are not known here, for more containers than are recorded of a value anyway,
    and for more text than should wait in memory.
    """
    with _COPYING:
        copying = _Copying()
        try:
            return Held(copying.of(value, 0), copying.weight)
        except _NotHeldError:
            return None
    return None


class _Copying:
    __slots__ = ("_containers", "_text")

    def __init__(self) -> None:
        self._containers = 0
        self._text = 0

    @property
    def weight(self) -> int:
        return self._containers + self._text

    def of(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            self._add_text(len(value))
            return value
        if kind in _ATOMS:
            return value
        if depth > _DEPTH:
            raise _NotHeldError
        self._add(_CONTAINER)
        if kind is dict:
            return self._pairs(value, depth + 1)
        if kind is list or kind is tuple:
            return kind(self._items(value, depth + 1))
        return self._object(value, kind, depth + 1)

    def _pairs(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        if not _ATOMS.issuperset(map(type, value)):
            raise _NotHeldError
        return {key: self.of(item, depth) for key, item in value.items()}

    def _items(self, value: list[Any] | tuple[Any, ...], depth: int) -> Iterable[Any]:
        self._add(8 * len(value))
        return [self.of(item, depth) for item in value]

    def _object(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, _UNCHANGING):  # not isinstance(): a lazy proxy would load to say what it stands for
            self._add_text(len(value) if issubclass(kind, bytes) else 0)
            return value
        if hasattr(kind, "__pydantic_fields_set__"):
            return self._model(value, depth)
        if _is_sentinel(value, kind):
            return value
        raise _NotHeldError

    def _model(self, value: Any, depth: int) -> Any:
        """A pydantic model: its fields, and what came beside them."""
        model = copy.copy(value)
        for pairs in (model.__dict__, model.__pydantic_extra__ or {}):
            for name, item in pairs.items():
                pairs[name] = self.of(item, depth)
        return model

    def _add(self, weight: int) -> None:
        self._containers += weight
        if self._containers > LIMIT:
            raise _NotHeldError

    def _add_text(self, size: int) -> None:
        self._text += size
        if self._text > _MOST_TEXT:
            raise _NotHeldError


def _is_sentinel(value: Any, kind: type) -> bool:
    """An object without any state, such as a library's own for "not given"; what it may have is its module's name."""
    attributes = vars(kind).get("__dict__")  # a property there would be a proxy's
    if type(attributes) is not GetSetDescriptorType or kind.__mro__[1:] != (object,):
        return False
    return attributes.__get__(value).keys() <= _NO_STATE and not callable(value)
