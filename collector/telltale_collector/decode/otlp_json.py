"""OTLP/JSON into protobuf messages, by descriptor: one walk for traces, logs and metrics.

Rules (OTLP 1.11, "JSON Protobuf Encoding"): lowerCamelCase keys, unknown keys ignored, trace and span ids as hex of any
case, other bytes as base64, enums as integers, 64-bit integers as number or string.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from telltale_collector.errors import BadRequest

MAX_DEPTH = 100
"""Deeper nesting is refused: protobuf refuses it too."""

_HEX_FIELDS = {"trace_id", "span_id", "parent_span_id"}
_ITEMS = {"spans", "log_records", "metrics"}
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_ENUM,
}
_FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}

OnReject = Callable[[str, str], None]


class _Malformed(ValueError):
    """A value that does not fit its field; the text carries the path."""


def fill(message: Message, value: Mapping[str, Any], on_reject: OnReject) -> None:
    """Fill ``message`` from a parsed JSON object.

    Args:
        message: an empty Export*ServiceRequest.
        value: its JSON.
        on_reject: told (name, reason) of each span, log record or metric that is malformed and left out.

    Raises:
        BadRequest: something outside a single item is malformed; the text says where.
    """
    try:
        _fill(message, value, "", 0, on_reject)
    except _Malformed as error:
        raise BadRequest(f"malformed OTLP/JSON: {error}", "see the OTLP/JSON encoding") from error


def _fill(message: Message, value: Any, path: str, depth: int, on_reject: OnReject) -> None:
    if not isinstance(value, Mapping):
        raise _Malformed(f"{path or 'the body'} is not an object")
    if depth > MAX_DEPTH:
        raise _Malformed(f"{path[:80]}... is nested more than {MAX_DEPTH} deep")
    for field in cast("list[FieldDescriptor]", message.DESCRIPTOR.fields):
        given = value.get(field.json_name)
        if given is None:
            continue
        where = f"{path}.{field.json_name}" if path else field.json_name
        if not field.is_repeated:
            _fill_single(message, field, given, where, depth, on_reject)
        elif field.name in _ITEMS:
            _fill_items(message, field, given, where, depth, on_reject)
        else:
            _fill_repeated(message, field, given, where, depth, on_reject)


def _fill_single(
    message: Message, field: FieldDescriptor, given: Any, where: str, depth: int, on_reject: OnReject
) -> None:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        child = getattr(message, field.name)
        child.SetInParent()
        _fill(child, given, where, depth + 1, on_reject)
        return
    with _says_where(where):
        setattr(message, field.name, _scalar(field, given, where))


def _fill_repeated(
    message: Message, field: FieldDescriptor, given: Any, where: str, depth: int, on_reject: OnReject
) -> None:
    if not isinstance(given, list):
        raise _Malformed(f"{where} is not an array")
    container = getattr(message, field.name)
    for at, element in enumerate(given):
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            _fill(container.add(), element, f"{where}[{at}]", depth + 1, on_reject)
        else:
            with _says_where(f"{where}[{at}]"):
                container.append(_scalar(field, element, f"{where}[{at}]"))


def _fill_items(
    message: Message, field: FieldDescriptor, given: Any, where: str, depth: int, on_reject: OnReject
) -> None:
    """Spans, log records, metrics: a malformed one is reported and left out, the others stay."""
    if not isinstance(given, list):
        raise _Malformed(f"{where} is not an array")
    container = getattr(message, field.name)
    for at, element in enumerate(given):
        try:
            _fill(container.add(), element, f"{where}[{at}]", depth + 1, on_reject)
        except _Malformed as error:
            del container[-1]
            name = element.get("name", "") if isinstance(element, Mapping) else ""
            on_reject(str(name) or f"{where}[{at}]", f"malformed OTLP/JSON: {error}")


@contextmanager
def _says_where(where: str) -> Iterator[None]:
    try:
        yield
    except _Malformed:
        raise
    except (ValueError, TypeError) as error:
        raise _Malformed(f"{where}: {error}") from error


def _scalar(field: FieldDescriptor, given: Any, where: str) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _bytes_or_text(field, given, where)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if isinstance(given, bool):
            return given
        raise _Malformed(f"{where} is not true or false")
    if field.cpp_type in _INTEGERS:
        return _integer(given, where)
    if field.cpp_type in _FLOATS and isinstance(given, (int, float, str)) and not isinstance(given, bool):
        return float(given)  # "NaN" and "Infinity" come as strings
    raise _Malformed(f"{where} is not a number")


def _integer(given: Any, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        raise _Malformed(f"{where} is not an integer")
    if isinstance(given, float) and not given.is_integer():
        raise _Malformed(f"{where} is not an integer")
    try:
        return int(given)
    except (ValueError, OverflowError) as error:
        raise _Malformed(f"{where} is not an integer") from error


def _bytes_or_text(field: FieldDescriptor, given: Any, where: str) -> Any:
    if not isinstance(given, str):
        raise _Malformed(f"{where} is not a string")
    if field.type != FieldDescriptor.TYPE_BYTES:
        return given
    try:
        if field.name in _HEX_FIELDS:
            return bytes.fromhex(given)
        return base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error) as error:
        kind = "hex" if field.name in _HEX_FIELDS else "base64"
        raise _Malformed(f"{where} is not {kind}") from error
