"""Attribute values as the types the canonical span has; None for what does not fit."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from telltale_collector.model import AttributeValue, Json
from telltale_collector.model.surrogates import mend_surrogates

_DEEPEST = 200
_LONGEST_LITERAL = 100_000
_LARGEST_USD = 1_000_000
_LITERAL_STARTS = ("{'", "['", "[{'", '{"', '[{"')


def text(value: AttributeValue) -> str | None:
    """A non-empty string; other scalars as text, structures as JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return str(value)
    return dumps(value)


def word(value: AttributeValue) -> str | None:
    """A scalar as text: what a name or an id can be. Structures are none."""
    return text(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def unquoted(value: AttributeValue) -> str | None:
    """Text that a library wrote as JSON: a string without its quotes, a structure as it was written."""
    if isinstance(value, str) and value[:1] == '"':
        found = parsed(value)
        return text(found) if isinstance(found, str) else value
    return text(value)


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
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer of JSON that no float can hold
        return None


def real(value: AttributeValue) -> float | None:
    found = number(value)
    return None if found is None else float(found)


def money(value: AttributeValue) -> Decimal | None:
    """US dollars, exact to the digits that were written; more than a million is no price of a call."""
    found = number(value)
    if found is None or not 0 <= found <= _LARGEST_USD:
        return None
    try:
        return Decimal(str(found))
    except InvalidOperation:
        return None


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


def duration_ns(value: AttributeValue, unit_ns: float) -> int | None:
    """A duration of up to 30 years, given in units of ``unit_ns`` nanoseconds."""
    found = real(value)
    return round(found * unit_ns) if found is not None and 0 <= found * unit_ns < 1e18 else None


def iso_time_ns(value: AttributeValue) -> int | None:
    """An ISO 8601 time (also in JSON quotes) as nanoseconds since 1970; without a zone it is UTC."""
    value = parsed(value)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{moment.isoformat()}+00:00")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000_000 + moment.microsecond * 1_000


def parsed(value: AttributeValue) -> Json:
    """JSON (or a Python literal) in a string as the structure it holds; anything else as it is."""
    if not isinstance(value, str) or value[:1] not in {"{", "[", '"'}:
        return value
    try:
        structure = orjson.loads(value)
    except orjson.JSONDecodeError:
        return _mended(value)
    return structure if _is_shallow(value) or _can_be_written(structure) else value


def _mended(value: str) -> Json:
    """JSON with half a surrogate pair (a text cut inside an emoji) has U+FFFD there; else a Python literal."""
    if "\\ud" in value.lower():
        try:
            structure = orjson.loads(mend_surrogates(value))
        except orjson.JSONDecodeError:
            return _literal(value)
        return structure if _is_shallow(value) or _can_be_written(structure) else value
    return _literal(value)


def _is_shallow(text: str) -> bool:
    """Too few brackets for nesting beyond use; nothing else of what JSON holds can fail to be written again."""
    return text.count("[") + text.count("{") <= _DEEPEST


def _can_be_written(structure: Json) -> bool:
    """Nesting beyond use, integers over 64 bits, odd keys: such a structure stays the text it is."""
    try:
        orjson.dumps(structure, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return False
    return True


def _literal(value: str) -> Json:
    """What ``str()`` makes of a dict or list of plain values, as some libraries write it."""
    if not value.startswith(_LITERAL_STARTS) or len(value) > _LONGEST_LITERAL:
        return value
    if not _is_shallow(value):
        return value
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    return found if isinstance(found, (dict, list)) and _can_be_written(found) else value


def mapping(value: AttributeValue) -> Mapping[str, Any]:
    """An object, also as JSON text; anything else is an empty one."""
    value = parsed(value)
    return value if isinstance(value, dict) else {}


def objects(value: AttributeValue) -> list[Mapping[str, Any]]:
    """A list of objects; a single object counts as a list of one."""
    value = parsed(value)
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [element for element in map(parsed, value) if isinstance(element, dict)]
    return []


def first(given: Mapping[str, Any], *keys: str) -> Any:
    """The value of the first key that is there and not None."""
    for key in keys:
        found = given.get(key)
        if found is not None:
            return found
    return None


def dumps(value: Json) -> str:
    """JSON text; what JSON cannot hold (bytes) as its repr."""
    try:
        return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # nested too deep, an integer over 64 bits, half a surrogate pair
        return repr(value)
