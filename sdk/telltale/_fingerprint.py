"""What a tool was given, as a number that is the same for the same arguments."""

from __future__ import annotations

import hashlib
import json
from types import GetSetDescriptorType
from typing import Any, Final

from telltale._content import LIMIT, plain

_MOST_TEXT: Final = 16 * LIMIT
_MOST_VALUES: Final = 10_000
_DEPTH: Final = 12
_ATOMS: Final = frozenset({str, int, float, bool})
_BYTES: Final = (bytes, bytearray, memoryview)


def fingerprint(tool: str, arguments: Any) -> int:
    """Whatever the order of the arguments' names, the spacing of their JSON or the address of objects.

    Nothing is loaded or consumed: lazy values are compared by their type, objects without a ``repr`` of their own by
    what they hold. It may run the ``repr`` of others, so no lock may be held.
    """
    if isinstance(arguments, str):
        arguments = _parsed(arguments)
    return hash((tool, json.dumps(plain(_Comparable().of(arguments), _MOST_TEXT), sort_keys=True)))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class _Comparable:
    """Values, with what ``plain`` would only name, or name by its address, told by its content."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def of(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        self._left -= 1
        if self._left < 0 or depth > _DEPTH or value is None or kind in _ATOMS:
            return value
        if kind is dict:
            return {key: self.of(item, depth + 1) for key, item in value.items()}
        if kind is list or kind is tuple:
            return [self.of(item, depth + 1) for item in value]
        if kind is set or kind is frozenset:
            return sorted(json.dumps(plain(self.of(item, depth + 1)), sort_keys=True) for item in value)
        if issubclass(kind, _BYTES):
            return [kind.__name__, hashlib.blake2b(value).hexdigest()]
        return self._object(value, kind, depth)

    def _object(self, value: Any, kind: type, depth: int) -> Any:
        """What an object holds whose ``repr`` would be its address."""
        shown: Any = kind.__repr__
        held = next((vars(owner)["__dict__"] for owner in kind.__mro__ if "__dict__" in vars(owner)), None)
        if shown is not object.__repr__ or type(held) is not GetSetDescriptorType:
            return value
        return [f"{kind.__module__}.{kind.__qualname__}", self.of(held.__get__(value), depth + 1)]
