"""Attribute maps as two columns, text and type, with long texts stored once.

A text value is kept as it is; any other value is kept as JSON with its type in the second map. A long text that a
canonical column of the same span holds already (a prompt, an answer, a document) is replaced by a reference to it, also
inside a JSON value; ``decode_attributes`` puts it back, to the byte.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from telltale_collector.model import Attributes, AttributeValue

_MIN_REFERENCED = 32
"""Shorter texts cost less than a reference."""

_REFERENCE = "$text"
_BYTES = "$bytes"
_NOT_FINITE = "$float"
_MARKS = {_REFERENCE, _BYTES, _NOT_FINITE}

_MARK = '{"$text":'
_MARKED = re.compile(r'\{"\$text":([0-9]+)\}')

_LITERALS: dict[str, Callable[[str], str]] = {
    "text-json": lambda text: orjson.dumps(text).decode(),
    "text-json-ascii": json.dumps,
}
"""How senders write a text into JSON: its letters as they are, or all but ASCII escaped."""

_STYLES: dict[str, Callable[[Any], str]] = {
    "text-compact": lambda value: orjson.dumps(value).decode(),
    "text-spaced": json.dumps,
    "text-spaced-utf8": lambda value: json.dumps(value, ensure_ascii=False),
    "text-compact-ascii": lambda value: json.dumps(value, separators=(",", ":")),
}
"""How rows of the first releases were folded: the whole value taken apart. Still read, not written any more."""


class _Texts:
    """The long texts of one span: where each stands, and how it reads inside JSON (made when first asked for)."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.at = {text: at for at, text in reversed(list(enumerate(texts))) if len(text) >= _MIN_REFERENCED}
        self._literals: dict[str, list[tuple[str, str]]] = {}

    def literals(self, style: str) -> list[tuple[str, str]]:
        """Each text as JSON, and the mark that stands for it.

        A text that begins or ends like the inside of a mark could be found across one: it stays where it is.
        """
        found = self._literals.get(style)
        if found is None:
            write = _LITERALS[style]
            safe = [(text, at) for text, at in self.at.items() if text[0] != ":" and text[-1] != "{"]
            found = self._literals[style] = [(write(text), f"{_MARK}{at}}}") for text, at in safe]
        return found


def encode_attributes(attributes: Attributes, texts: Sequence[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
    """Give the two columns: values as text, and the types of those that are not plain text.

    Args:
        attributes: as they came.
        texts: the texts that canonical columns of the same span hold, in an order that reading gives again.
    """
    held: _Texts | None = None
    values: dict[str, str] = {}
    types: dict[str, str] = {}
    for key, value in attributes.items():
        if type(value) is str and len(value) < _MIN_REFERENCED:  # most values, at no more cost than this
            values[key] = value
            continue
        held = held or _Texts(texts)
        kind, values[key] = _encode(value, held)
        if kind:
            types[key] = kind
    return values, types


def decode_attributes(
    values: Mapping[str, str], types: Mapping[str, str], texts: Sequence[str] = ()
) -> dict[str, AttributeValue]:
    """The attributes as they came."""
    return {key: _decode(types.get(key, ""), value, texts) for key, value in values.items()}


def _encode(value: AttributeValue, held: _Texts) -> tuple[str, str]:
    if isinstance(value, str):
        return _encode_text(value, held)
    if value is None:
        return "null", ""
    if isinstance(value, bool):
        return "bool", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, float):
        return "double", repr(value)
    if isinstance(value, bytes):
        return "bytes", base64.b64encode(value).decode()
    return "json", orjson.dumps(_fold(value, held.at)).decode()


def _encode_text(value: str, held: _Texts) -> tuple[str, str]:
    at = held.at.get(value)
    if at is not None:
        return "text", str(at)
    if value[0] not in "[{" or _MARK in value:
        return "", value
    for style in _LITERALS:
        folded = value
        for literal, mark in held.literals(style):
            folded = folded.replace(literal, mark)
        if len(folded) < len(value):
            return style, folded
    return "", value


def _fold(value: Any, index: Mapping[str, int]) -> Any:
    """Replace texts by references, and what JSON cannot hold by marks."""
    if isinstance(value, str):
        at = index.get(value)
        return value if at is None else {_REFERENCE: at}
    if isinstance(value, list):
        return [_fold(element, index) for element in value]
    if isinstance(value, dict):
        folded = {key: _fold(element, index) for key, element in value.items()}
        return {_REFERENCE: folded} if _MARKS & value.keys() else folded
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {_NOT_FINITE: repr(value)}
    return value


def _unfold(value: Any, texts: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_unfold(element, texts) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        mark, held = next(iter(value.items()))
        if mark == _REFERENCE:
            return _unfold_reference(held, texts)
        if mark == _BYTES:
            return base64.b64decode(held)
        if mark == _NOT_FINITE:
            return float(held)
    return {key: _unfold(element, texts) for key, element in value.items()}


def _unfold_reference(held: Any, texts: Sequence[str]) -> Any:
    if isinstance(held, dict):  # a sender's own object that looks like a mark
        return {key: _unfold(element, texts) for key, element in held.items()}
    return texts[held]


def _decode(kind: str, value: str, texts: Sequence[str]) -> AttributeValue:
    if kind in _LITERALS:
        return _MARKED.sub(lambda mark: _LITERALS[kind](texts[int(mark[1])]), value)
    if kind in _STYLES:
        return _STYLES[kind](_unfold(orjson.loads(value), texts))
    return _DECODERS[kind](value, texts)


_DECODERS: dict[str, Callable[[str, Sequence[str]], AttributeValue]] = {
    "": lambda value, _: value,
    "text": lambda value, texts: texts[int(value)],
    "null": lambda _value, _: None,
    "bool": lambda value, _: value == "true",
    "int": lambda value, _: int(value),
    "double": lambda value, _: float(value),
    "bytes": lambda value, _: base64.b64decode(value),
    "json": lambda value, texts: _unfold(orjson.loads(value), texts),
}
