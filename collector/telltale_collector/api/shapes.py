"""What the API's answers look like, as JSON Schema: made from the dataclasses that the answers are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from telltale_collector.api.encode import TIMES
from telltale_collector.model import Message

Shape: TypeAlias = dict[str, Any]
"""A JSON Schema."""

TIME: Shape = {"type": "string", "format": "date-time"}
_PLAIN: dict[Any, Shape] = {
    Any: {},
    NoneType: {"type": "null"},
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: {"type": "string"},
    Decimal: {"type": "number"},
}
_LISTS = (list, tuple, Sequence)
_OBJECTS = (dict, Mapping)


def shape_of(kind: Any) -> Shape:
    """The shape of a value of type ``kind``, as ``encode.as_json`` writes it."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and is_dataclass(kind):
        return object_of(_fields_of(kind), required=("role", "content") if kind is Message else None)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in _LISTS:
        return {"type": "array", "items": shape_of(parts[0])}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in {Union, UnionType}:
        return {"anyOf": [shape_of(part) for part in parts]}
    assert origin in _OBJECTS, kind
    return {"type": "object", "additionalProperties": shape_of(parts[1])}


def object_of(fields: Mapping[str, Shape], required: Sequence[str] | None = None) -> Shape:
    """An object with these fields and no others; all are required where ``required`` does not say which."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields if required is None else required),
        "additionalProperties": False,
    }


def list_of(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def _fields_of(kind: type) -> dict[str, Shape]:
    return {name: _field(name, hint) for name, hint in get_type_hints(kind).items() if not name.startswith("_")}


def _field(name: str, hint: Any) -> Shape:
    if name in TIMES and hint is int:
        return TIME
    if name in TIMES and hint == int | None:
        return or_null(TIME)
    return shape_of(hint)
