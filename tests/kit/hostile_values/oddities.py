"""What the interpreter itself has in store: references, locks, modules, descriptors, views."""

# ruff: noqa: TRY301 - wrong ones are the point

from __future__ import annotations

import asyncio
import collections
import enum
import pathlib
import re
import socket
import sys
import threading
import types
import uuid
import weakref
from collections.abc import Iterator, MutableMapping
from typing import Any

from hostile_values.case import Case, Refusal, refuse
from hostile_values.sizes import Knot


class Colour(enum.Enum):
    RED = object()


class Word(enum.StrEnum):
    A = "a"


def odd() -> Iterator[Case]:
    yield from (Case(f"enum {member}", member) for member in (Colour.RED, Word.A, re.IGNORECASE, Colour))
    owner = Knot("owner")
    yield Case("weak reference", weakref.ref(owner))
    yield Case("dead proxy", weakref.proxy(Knot("gone")))
    yield Case("living proxy", weakref.proxy(owner), lambda: "" if owner else "gone")
    yield Case("lock", threading.Lock())
    yield Case("thread's own", threading.local())
    yield Case("module", sys)
    yield Case("function", refuse)
    yield Case("class", Knot)
    yield Case("generic", list[int])
    yield Case("slots", type("Slots", (), {"__slots__": ("a",)})())
    yield Case("descriptor", Knot.__dict__)
    yield Case("namespace", types.SimpleNamespace(a=1))
    yield Case("simple proxy", types.MappingProxyType({"a": 1}))
    yield Case("chain of mappings", collections.ChainMap({"a": 1}, {"b": 2}))
    growing: dict[str, int] = collections.defaultdict(int)
    yield Case("default dict", growing, lambda: "" if not growing else "was filled")
    yield Case("bounded queue", collections.deque([1], maxlen=1))
    yield Case("views", {"a": 1}.items())
    yield Case("path", pathlib.PurePath("a/\udcff"))
    yield Case("uuid", uuid.UUID(int=0))
    yield Case("pattern", re.compile("a" * 10_000))
    listening = socket.socket()
    yield Case("socket", listening, lambda: listening.close() or "")
    yield Case("event loop policy", asyncio.Event())
    yield Case("traceback", _traceback())
    yield Case("ellipsis", [..., NotImplemented])
    yield Case("keys of every sort", {1: 1, None: 2, (1, 2): 3, 1.5: 4, b"k": 5, Colour.RED: 6})
    yield Case("changes while it is read", _Growing())


def _traceback() -> Any:
    try:
        raise Refusal
    except Refusal as error:
        return error.__traceback__


class _Growing(MutableMapping[str, Any]):
    """A mapping that is larger each time."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {"a": 1}

    def __getitem__(self, key: str) -> Any:
        self._held[f"{key}+"] = 1
        return self._held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __setitem__(self, key: str, value: Any) -> None: ...

    def __delitem__(self, key: str) -> None: ...
