"""Attribute maps as two columns, text and type, with long texts stored once.

A text value is kept as it is; any other value is kept as JSON with its type in the second map. A long text that a
canonical column of the same span holds already (a prompt, an answer, a document) is replaced by a reference to it, also
inside a JSON value; ``decode_attributes`` puts it back, to the byte.
"""

from __future__ import annotations

import base64
import json
import math
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

_STYLES: dict[str, Callable[[Any], str]] = {
    "compact": lambda value: orjson.dumps(value).decode(),
    "spaced": json.dumps,
    "spaced-utf8": lambda value: json.dumps(value, ensure_ascii=False),
    "compact-ascii": lambda value: json.dumps(value, separators=(",", ":")),
}
"""How senders write JSON into strings: a text is only taken apart when one of these gives it back exactly."""


def encode_attributes(attributes: Attributes, texts: Sequence[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
    """Give the two columns: values as text, and the types of those that are not plain text.

    Args:
        attributes: as they came.
        texts: the texts that canonical columns of the same span hold, in an order that reading gives again.
    """
    index = {text: at for at, text in reversed(list(enumerate(texts))) if len(text) >= _MIN_REFERENCED}
    values: dict[str, str] = {}
    types: dict[str, str] = {}
    for key, value in attributes.items():
        kind, values[key] = _encode(value, index)
        if kind:
            types[key] = kind
    return values, types


def decode_attributes(
    values: Mapping[str, str], types: Mapping[str, str], texts: Sequence[str] = ()
) -> dict[str, AttributeValue]:
    """The attributes as they came."""
    return {key: _decode(types.get(key, ""), value, texts) for key, value in values.items()}


def _encode(value: AttributeValue, index: Mapping[str, int]) -> tuple[str, str]:
    if isinstance(value, str):
        return _encode_text(value, index)
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
    return "json", orjson.dumps(_fold(value, index)).decode()


def _encode_text(value: str, index: Mapping[str, int]) -> tuple[str, str]:
    if len(value) < _MIN_REFERENCED or not index:
        return "", value
    if value in index:
        return "text", str(index[value])
    if value[0] not in "[{":
        return "", value
    try:
        parsed = orjson.loads(value)
        folded = _fold(parsed, index)
        if folded == parsed or _has_marks(parsed):
            return "", value
        for style, dumps in _STYLES.items():
            if dumps(parsed) == value:
                return f"text-{style}", orjson.dumps(folded).decode()
    except (orjson.JSONDecodeError, RecursionError, TypeError):  # no JSON, or nested beyond use
        return "", value
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


def _has_marks(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_marks, value))
    if isinstance(value, dict):
        return bool(_MARKS & value.keys()) or any(map(_has_marks, value.values()))
    return False


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
    if kind.startswith("text-"):
        return _STYLES[kind.removeprefix("text-")](_unfold(orjson.loads(value), texts))
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
