"""Attribute values as the types the canonical span has; None for what does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from telltale_collector.model import AttributeValue, Json

_DEEPEST = 250


def text(value: AttributeValue) -> str | None:
    """A non-empty string; other scalars as text, structures as JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return str(value)
    return dumps(value)


def integer(value: AttributeValue) -> int | None:
    """A whole number >= 0: counts and limits are never negative. Text such as "12" counts too."""
    found = number(value)
    if found is None or found < 0 or not float(found).is_integer() or found > 2**62:
        return None
    return int(found)


def signed_integer(value: AttributeValue) -> int | None:
    found = number(value)
    return int(found) if found is not None and float(found).is_integer() and abs(found) < 2**62 else None


def number(value: AttributeValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def real(value: AttributeValue) -> float | None:
    found = number(value)
    return None if found is None else float(found)


def boolean(value: AttributeValue) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return None


def strings(value: AttributeValue) -> list[str]:
    """A list of texts; a JSON array in a string or a single text count too."""
    value = parsed(value)
    if isinstance(value, list):
        return [found for element in value if (found := text(element)) is not None]
    found = text(value)
    return [] if found is None else [found]


def parsed(value: AttributeValue) -> Json:
    """JSON in a string as the structure it holds; anything else as it is, JSON nested beyond use too."""
    if isinstance(value, str) and value[:1] in {"{", "[", '"'}:
        try:
            structure = orjson.loads(value)
            if value.count("[") + value.count("{") > _DEEPEST:
                orjson.dumps(structure)  # refuses what is nested too deep to be written again
        except (orjson.JSONDecodeError, TypeError):
            return value
        return structure
    return value


def objects(value: AttributeValue) -> list[Mapping[str, Any]]:
    """A list of objects; a single object counts as a list of one."""
    value = parsed(value)
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [element for element in map(parsed, value) if isinstance(element, Mapping)]
    return []


def dumps(value: Json) -> str:
    """JSON text; what JSON cannot hold (bytes) as its repr."""
    return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
