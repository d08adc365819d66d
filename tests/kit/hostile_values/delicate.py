"""Objects that are consumed by looking at them, or that load, count or change."""

# ruff: noqa: C901, PLR0915 - lists of cases

from __future__ import annotations

import collections
import dataclasses
import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from hostile_values.case import Case


def consumable() -> Iterator[Case]:
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


class _Touched:
    """Counts what is done to a lazy object."""

    def __init__(self) -> None:
        self.times: collections.Counter[str] = collections.Counter()

    def note(self, what: str, result: Any = None) -> Any:
        self.times[what] += 1
        return result

    def check(self) -> str:
        return f"was touched: {dict(self.times)}" if self.times else ""


def lazy() -> Iterator[Case]:
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
