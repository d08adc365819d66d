"""Hundreds of objects that an application may hand to the SDK, and that no SDK should touch carelessly.

``cases()`` gives a name, the value, and a check that says what was done to it that must not be done, if anything.
"""

# ruff: noqa: C901, DTZ901, PLR0915, TRY301 - lists of cases, of which the wrong ones are the point

from __future__ import annotations

import array
import asyncio
import collections
import contextlib
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import io
import itertools
import math
import pathlib
import re
import socket
import sys
import threading
import types
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic

Check = Callable[[], str]


class Case(NamedTuple):
    name: str
    value: Any
    check: Check = lambda: ""


class Refusal(Exception):
    """Its own text raises, too."""

    def __str__(self) -> str:
        raise ValueError("no text either")

    __repr__ = __str__


def cases() -> list[Case]:
    """Every case, with a name of its own."""
    found = [
        *_raising(),
        *_lying(),
        *_consumable(),
        *_lazy(),
        *_large_and_circular(),
        *_numbers_and_times(),
        *_texts(),
        *_of_libraries(),
        *_odd(),
    ]
    assert len({case.name for case in found}) == len(found)
    return found


# --- methods that raise -------------------------------------------------------------------------------------

_METHODS = (
    "__repr__ __str__ __len__ __iter__ __getitem__ __contains__ __bool__ __eq__ __hash__ __format__ __int__ __float__"
    " __index__ __getattr__ __getattribute__ __class__ __dict__ __fspath__ __bytes__ __copy__ __reduce__ items keys"
    " values model_dump __array__ __next__ __length_hint__"
).split()
_BASES: tuple[tuple[type, tuple[Any, ...]], ...] = (
    (object, ()),
    (dict, ({"a": 1},)),
    (list, ([1, 2],)),
    (tuple, ((1, 2),)),
    (str, ("text",)),
    (int, (7,)),
    (float, (1.5,)),
    (collections.UserDict, ({"a": 1},)),
)


def _raise(*_: object, **__: object) -> Any:
    raise Refusal


def _raising() -> Iterator[Case]:
    for base, given in _BASES:
        for method in _METHODS:
            if base in {int, float} and method in {"__len__", "__iter__", "items", "keys", "values", "__next__"}:
                continue
            if base is collections.UserDict and method in {"__getattribute__", "__dict__", "__class__"}:
                continue  # cannot be made
            member = property(_raise) if method in {"__class__", "__dict__"} else _raise
            kind = type(f"Raising_{base.__name__}", (base,), {method: member})
            with contextlib.suppress(Refusal):
                yield Case(f"{base.__name__} whose {method} raises", kind(*given))
    yield Case("everything raises", type("AllRaise", (), dict.fromkeys(_METHODS[:18], _raise))())
    yield Case("endless repr", type("Endless", (), {"__repr__": repr})())
    yield Case("repr that is no text", type("Numeric", (), {"__repr__": lambda _: 7})())
    yield Case("an exception that cannot be shown", Refusal())


# --- lengths that lie ---------------------------------------------------------------------------------------


def _lying() -> Iterator[Case]:
    for base, given in ((list, ([1],)), (dict, ({"a": 1},)), (str, ("x",)), (tuple, ((1,),))):
        for length in (-1, 0, 2**62, 2**70, "three"):
            kind = type("Lying", (base,), {"__len__": lambda _, length=length: length})
            yield Case(f"{base.__name__} of length {length}", kind(*given))

    class Endless(Sequence[int]):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: Any) -> Any:
            return at

        def __iter__(self) -> Iterator[int]:
            return itertools.count()

    class Never(Mapping[str, int]):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, key: str) -> int:
            return 1

        def __iter__(self) -> Iterator[str]:
            return (f"k{n}" for n in itertools.count())

    yield Case("a sequence without end", Endless())
    yield Case("a mapping without end", Never())


# --- what is consumed by looking ----------------------------------------------------------------------------


def _consumable() -> Iterator[Case]:
    def numbers() -> Iterator[int]:
        yield from range(3)

    async def later() -> int:
        return 1

    async def numbers_later() -> Any:
        yield 1

    def whole(name: str, items: Any, wanted: list[Any]) -> Case:
        return Case(name, items, lambda: "" if list(items) == wanted else "was consumed")

    yield whole("generator", numbers(), [0, 1, 2])
    yield whole("iterator", iter([1, 2]), [1, 2])
    yield whole("map", map(str, [1]), ["1"])
    yield whole("filter", filter(None, [1]), [1])
    yield whole("zip", zip([1], [2], strict=True), [(1, 2)])
    yield whole("enumerate", enumerate("a"), [(0, "a")])
    yield whole("reversed", reversed([1]), [1])
    yield whole("chain", itertools.chain([1], [2]), [1, 2])
    yield whole("islice", itertools.islice([1, 2], 2), [1, 2])
    yield whole("tee", itertools.tee([1])[0], [1])
    yield whole("csv rows", iter(["a,b"]), ["a,b"])
    counter = itertools.count()
    yield Case("count", counter, lambda: "" if next(counter) == 0 else "was consumed")
    running = numbers()
    next(running)
    yield whole("generator in the middle", running, [1, 2])
    inside = numbers()
    yield Case("generator in a list", [inside], lambda: "" if list(inside) == [0, 1, 2] else "was consumed")
    deep = numbers()
    yield Case("generator in a mapping", {"a": {"b": deep}}, lambda: "" if list(deep) == [0, 1, 2] else "was consumed")
    coroutine = later()
    yield Case("coroutine", coroutine, lambda: coroutine.close() or "" if coroutine.cr_frame else "was run")
    items = numbers_later()
    yield Case("async generator", items, lambda: "" if not items.ag_running and items.ag_frame else "was run")
    text = io.StringIO("a\nb")
    yield Case("text file", text, lambda: "" if text.tell() == 0 else "was read")
    binary = io.BytesIO(b"ab")
    yield Case("binary file", binary, lambda: "" if binary.tell() == 0 else "was read")


# --- what loads, counts or changes when it is looked at -----------------------------------------------------


class _Touched:
    """Counts what is done to a lazy object."""

    def __init__(self) -> None:
        self.times: collections.Counter[str] = collections.Counter()

    def note(self, what: str, result: Any = None) -> Any:
        self.times[what] += 1
        return result

    def check(self) -> str:
        return f"was touched: {dict(self.times)}" if self.times else ""


def _lazy() -> Iterator[Case]:
    for style in ("query", "indexed", "async query", "proxy", "lazy list", "lazy dict", "cursor", "future rows"):
        touched = _Touched()
        made = _lazy_value(style, touched)
        yield Case(style, made, touched.check)
        inner = _Touched()
        yield Case(f"{style} in a list", [_lazy_value(style, inner)], inner.check)
        held = _Touched()
        record = dataclasses.make_dataclass("Row", ["rows"])(_lazy_value(style, held))
        yield Case(f"{style} in a dataclass", record, held.check)


def _lazy_value(style: str, touched: _Touched) -> Any:
    def loads(name: str, result: Callable[[], Any]) -> Callable[..., Any]:
        return lambda *_: touched.note(name, result())

    loading = {name: loads(name, lambda: iter([1])) for name in ("__iter__", "__repr__", "__len__", "__getitem__")}
    loading |= {"__repr__": loads("__repr__", lambda: "<loaded>"), "__len__": loads("__len__", lambda: 1)}
    if style == "query":
        return type("QuerySet", (), loading)()
    if style == "indexed":
        return type("Indexed", (), {name: loading[name] for name in ("__getitem__", "__repr__", "__len__")})()
    if style == "async query":
        return type("AsyncQuery", (), {"__aiter__": loading["__iter__"], "__repr__": loading["__repr__"]})()
    if style == "proxy":
        wrapped = property(loads("__class__", lambda: dict))
        return type("LazyObject", (), {"__class__": wrapped, "__iter__": loading["__iter__"]} | loading)()
    if style == "lazy list":
        return type("LazyList", (list,), loading)()
    if style == "lazy dict":
        return type("LazyDict", (dict,), loading | {"items": loading["__iter__"], "keys": loading["__iter__"]})()
    if style == "cursor":
        return type("Cursor", (), loading | {"__next__": loads("__next__", lambda: 1)})()
    return type("Rows", (), loading | {"__await__": loading["__iter__"]})()


# --- size and shape -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Knot:
    name: str
    other: Any = None


def _large_and_circular() -> Iterator[Case]:
    circle: list[Any] = []
    circle.append(circle)
    yield Case("list in itself", circle)
    round_: dict[str, Any] = {}
    round_["self"] = round_
    yield Case("dict in itself", round_)
    knot = Knot("a")
    knot.other = Knot("b", knot)
    yield Case("dataclasses in a circle", knot)
    deep: Any = "leaf"
    for _ in range(100_000):
        deep = [deep]
    yield Case("list 100,000 deep", deep)
    nested: Any = "leaf"
    for _ in range(5_000):
        nested = {"k": nested}
    yield Case("dict 5,000 deep", nested)
    yield Case("10 MiB of text", "x" * 10 * 2**20)
    yield Case("10 MiB of bytes", bytes(10 * 2**20))
    yield Case("a million numbers", list(range(10**6)))
    yield Case("a million keys", dict.fromkeys(range(10**6)))
    yield Case("a trillion numbers", range(10**12))
    yield Case("long key", {"k" * 2**20: 1})
    yield Case("many levels and many items", [[[["x" * 100] * 30] * 30] * 30] * 30)
    yield Case("set of tuples", {(n, str(n)) for n in range(50_000)})
    yield Case("object with a huge repr", type("Wide", (), {"__repr__": lambda _: "r" * 2**22})())


def _numbers_and_times() -> Iterator[Case]:
    numbers = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 2**63, -(2**63) - 1, 2**64, 10**5000, -(10**5000), 1j)
    yield from (Case(f"number {n}", value) for n, value in enumerate(numbers))
    yield Case("huge ints in a list", [2**70, 2**80])
    yield Case("mixed list", [1, "a", None, 2.5, True])
    yield Case("ints and bools", [1, True])
    for text in ("NaN", "sNaN", "Infinity", "1E+999999", "0E-999999", "1.10"):
        yield Case(f"decimal {text}", decimal.Decimal(text))
    yield Case("fraction", fractions.Fraction(1, 3))
    yield Case("oldest time", dt.datetime.min)
    yield Case("newest time", dt.datetime.max.replace(tzinfo=dt.UTC))
    yield Case("duration", dt.timedelta.max)
    yield Case("time zone that raises", dt.datetime(2026, 1, 1, tzinfo=_Zone()))


class _Zone(dt.tzinfo):
    def utcoffset(self, _: Any) -> Any:
        raise Refusal


def _texts() -> Iterator[Case]:
    texts = (
        "\ud800",
        "a\udfffb",
        "\x00",
        "a\x00b",
        "\u202e",
        "\ufeff",
        "\U0010ffff",
        "e\u0301",
        "\r\n",
        "",
        " ",
        "\x1b[31m",
    )
    yield from (Case(f"text {n}", text) for n, text in enumerate(texts))
    yield Case("surrogate as a key", {"\ud800": "\udfff"})
    yield Case("NUL as a key", {"\x00": "\x00"})
    yield Case("bytes that are no text", b"\xff\xfe")
    yield Case("bytearray", bytearray(b"ab"))
    released = memoryview(b"ab")
    released.release()
    yield Case("released memory", released)
    yield Case("memory of doubles", memoryview(array.array("d", [1.0])))
    yield Case("array", array.array("i", [1, 2]))
    yield Case("surrogates in a list", ["\ud800", "a"])


# --- libraries ----------------------------------------------------------------------------------------------


class Model(pydantic.BaseModel):
    name: str
    inner: Any = None


class RudeModel(pydantic.BaseModel):
    name: str = "x"

    @pydantic.field_serializer("name")
    def _serialize(self, _: str) -> str:
        raise Refusal


def _of_libraries() -> Iterator[Case]:
    yield Case("array of floats", np.zeros((1000, 1000)))
    yield Case("array of objects", np.array([object(), type("R", (), {"__repr__": _raise})()], dtype=object))
    yield Case("structured array", np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]))
    yield Case("numpy scalar", np.float64("nan"))
    yield Case("numpy int", np.int64(7))
    yield Case("numpy bool", np.bool_(1))
    yield Case("numpy text", np.str_("a"))
    yield Case("numpy time", np.datetime64("NaT"))
    yield Case("frame", pd.DataFrame({"a": range(10_000)}))
    yield Case("empty frame", pd.DataFrame())
    yield Case("series", pd.Series(["a", None]))
    yield Case("index", pd.Index([1, 2]))
    yield Case("missing time", pd.NaT)
    yield Case("missing value", pd.NA)
    frame = pd.DataFrame({"a": [1]})
    yield Case("frame in a list", [frame], lambda: "" if frame.equals(pd.DataFrame({"a": [1]})) else "was changed")
    yield Case("model", Model(name="a"))
    yield Case("model with a strange field", Model(name="a", inner=object()))
    knot = Model(name="a")
    knot.inner = knot
    yield Case("model in itself", knot)
    yield Case("model that cannot be dumped", RudeModel())
    yield Case("model without validation", Model.model_construct(name=object()))
    yield Case("a model's class", Model)


class Colour(enum.Enum):
    RED = object()


class Word(enum.StrEnum):
    A = "a"


def _odd() -> Iterator[Case]:
    yield from (Case(f"enum {member}", member) for member in (Colour.RED, Word.A, re.IGNORECASE, Colour))
    owner = Knot("owner")
    yield Case("weak reference", weakref.ref(owner))
    yield Case("dead proxy", weakref.proxy(Knot("gone")))
    yield Case("living proxy", weakref.proxy(owner), lambda: "" if owner else "gone")
    yield Case("lock", threading.Lock())
    yield Case("thread's own", threading.local())
    yield Case("module", sys)
    yield Case("function", _raise)
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
