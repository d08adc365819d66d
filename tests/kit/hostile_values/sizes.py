"""Values that are large, deep or circular, and numbers, times and texts that few can carry."""

# ruff: noqa: DTZ901 - wrong ones are the point

from __future__ import annotations

import array
import dataclasses
import datetime as dt
import decimal
import fractions
import math
from collections.abc import Iterator
from typing import Any

from hostile_values.case import Case, Refusal


@dataclasses.dataclass
class Knot:
    name: str
    other: Any = None


def large_and_circular() -> Iterator[Case]:
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


def numbers_and_times() -> Iterator[Case]:
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


def texts() -> Iterator[Case]:
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
