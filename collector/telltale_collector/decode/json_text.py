"""JSON that a strict reader refuses, read all the same: what is wrong costs a character or a value, not the request."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from telltale_collector.model.surrogates import mend_surrogates

MAX_JSON_DEPTH = 400
"""Arrays and objects inside one another; deeper ones become null. OTLP has no use for half of it."""

REPLACEMENT = "\ufffd"

_BOM = b"\xef\xbb\xbf"
_MARKS = tuple(map(chr, range(0xFDD0, 0xFDF0)))
"""Noncharacters, meant for a program's own use: the first that a body lacks stands for what was mended in it."""

_MARKED_ONE_BY_ONE = 100_000
"""With more bad bytes than this every U+FFFD counts as mended, the sender's own too."""

_PLAIN = r'[^"\[\]{}]++|"[^"\\\[\]{}]*+"'
_RUNS = re.compile(
    rf"(?P<opening>(?:(?:{_PLAIN})*+[\[{{])++)"
    rf"|(?P<closing>(?:(?:{_PLAIN})*+[\]}}])++)"
    rf"|(?:{_PLAIN})++"
    r'|"(?:[^"\\]++|\\.)*+"'
    r'|".*+',
    re.DOTALL,
)
"""Brackets that open or close without one of the other kind between them; what has none; a text that may hold some.

Whatever a branch has looked at is consumed by it or the next: the time is linear in the text.
"""

_OPENING = re.compile(r"[\[{]")


@dataclass(frozen=True, slots=True)
class JsonText:
    """A parsed body.

    Attributes:
        value: the JSON.
        mark: the character that stands in its texts where something was not readable; None when all was.
    """

    value: Any
    mark: str | None = None


def loads(body: bytes) -> JsonText:
    """Parse JSON. Invalid UTF-8 and lone surrogates become ``mark``, what is nested too deep becomes null.

    Raises:
        orjson.JSONDecodeError: it is no JSON even so.
    """
    body = body.removeprefix(_BOM)
    try:
        return JsonText(orjson.loads(body))
    except orjson.JSONDecodeError:
        text, mark = _decoded(body)
    text = mend_surrogates(text, mark)
    try:
        return JsonText(orjson.loads(text), mark)
    except orjson.JSONDecodeError:
        return JsonText(orjson.loads(_flat(text)), mark)


def _decoded(body: bytes) -> tuple[str, str]:
    """The text, and the mark that stands in it for bytes that are no UTF-8."""
    bad = len(body) - len(body.decode("utf-8", "ignore").encode())
    folded = body.lower()
    for mark in _MARKS if bad <= _MARKED_ONE_BY_ONE else ():
        if mark.encode() not in body and f"\\u{ord(mark):04x}".encode() not in folded:
            return body.decode("utf-8", _handler(mark)), mark
    return body.decode("utf-8", "replace"), REPLACEMENT


def _handler(mark: str) -> str:
    """The name of an error handler like ``replace`` that writes ``mark``."""
    return f"telltale-{ord(mark):x}"


def _register(mark: str) -> None:
    def replace(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        return mark, error.end

    codecs.register_error(_handler(mark), replace)


for _mark in _MARKS:
    _register(_mark)


def _flat(text: str) -> str:
    """The text with null in place of what is nested deeper than ``MAX_JSON_DEPTH``."""
    parts: list[str] = []
    depth = kept_from = cut_from = 0
    for run in _RUNS.finditer(text):
        if run.lastgroup == "opening":
            opened = _count(run[0], "[", "{")
            if depth <= MAX_JSON_DEPTH < depth + opened:
                cut_from = run.start() + _nth_opening(run[0], MAX_JSON_DEPTH - depth)
            depth += opened
        elif run.lastgroup == "closing":
            closed = _count(run[0], "]", "}")
            if depth - closed <= MAX_JSON_DEPTH < depth:
                parts += [text[kept_from:cut_from], "null"]
                kept_from = run.start() + _after_closing(run[0], MAX_JSON_DEPTH - (depth - closed))
            depth -= closed
    return "".join([*parts, text[kept_from:]])


def _count(run: str, square: str, curly: str) -> int:
    return run.count(square) + run.count(curly)


def _nth_opening(run: str, number: int) -> int:
    """Where the opening bracket of this number stands, counted from 0."""
    return next(islice(_OPENING.finditer(run), number, None)).start()


def _after_closing(run: str, left: int) -> int:
    """The offset behind a closing bracket that has ``left`` more behind it."""
    end = len(run)
    for _ in range(left):
        end = max(run.rfind("]", 0, end), run.rfind("}", 0, end))
    return max(run.rfind("]", 0, end), run.rfind("}", 0, end)) + 1
