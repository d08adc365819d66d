"""OTLP/JSON into protobuf messages, by descriptor: one walk for traces, logs and metrics.

Rules (OTLP 1.11, "JSON Protobuf Encoding"): lowerCamelCase keys, unknown keys ignored, trace and span ids as hex of any
case, other bytes as base64, enums as integers, 64-bit integers as number or string.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from telltale_collector.decode.findings import Findings, mended_attribute
from telltale_collector.decode.json_text import REPLACEMENT
from telltale_collector.decode.salvage import ITEM_FIELDS, MAX_DEPTH, TOO_DEEP
from telltale_collector.errors import BadRequest

_HEX_FIELDS = {"trace_id", "span_id", "parent_span_id"}
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_ENUM,
}
_FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}


class _Malformed(ValueError):
    """A value that does not fit its field; the text carries the path."""


class _TooDeep(Exception):
    """Caught by the nearest value that can be replaced."""


def fill(message: Message, value: Mapping[str, Any], findings: Findings, mark: str | None = None) -> None:
    """Fill ``message`` from a parsed JSON object.

    Args:
        message: an empty Export*ServiceRequest.
        value: its JSON.
        findings: told of each span, log record or metric that is malformed and left out, or was mended.
        mark: the character that stands for what was not readable in a text; it becomes U+FFFD.

    Raises:
        BadRequest: something outside a single item is malformed; the text says where.
    """
    filler = _Filler(findings, mark)
    try:
        filler.fill(message, value, "", 0)
    except _Malformed as error:
        raise BadRequest(f"malformed OTLP/JSON: {error}", "see the OTLP/JSON encoding") from error
    except _TooDeep:
        raise BadRequest(
            f"malformed OTLP/JSON: nested more than {MAX_DEPTH} messages deep", "see the OTLP/JSON encoding"
        ) from None


class _Filler:
    def __init__(self, findings: Findings, mark: str | None) -> None:
        self._findings = findings
        self._mark = mark
        self._notes: list[str] = []

    def fill(self, message: Message, value: Any, path: str, depth: int) -> None:
        if not isinstance(value, Mapping):
            raise _Malformed(f"{path or 'the body'} is not an object")
        if depth > MAX_DEPTH:
            raise _TooDeep
        for field in cast("list[FieldDescriptor]", message.DESCRIPTOR.fields):
            given = value.get(field.json_name)
            if given is None:
                continue
            where = f"{path}.{field.json_name}" if path else field.json_name
            if not field.is_repeated:
                self._fill_single(message, field, given, where, depth)
            elif field.name in ITEM_FIELDS:
                self._fill_items(message, field, given, where, depth)
            else:
                self._fill_repeated(message, field, given, where, depth)
        if depth == 1 and self._notes:
            self._flag_resource(message)

    def _flag_resource(self, message: Any) -> None:
        """What was mended around items, told by their resource."""
        self._findings.mended("resource", self._notes)
        message.resource.attributes.append(mended_attribute(self._notes))
        self._notes = []

    def _fill_single(self, message: Message, field: FieldDescriptor, given: Any, where: str, depth: int) -> None:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            child = getattr(message, field.name)
            child.SetInParent()
            self._fill_child(child, given, where, depth + 1)
            return
        with _says_where(where):
            setattr(message, field.name, self._scalar(field, given, where))

    def _fill_child(self, child: Any, given: Any, where: str, depth: int) -> None:
        """A message in a message; a value that holds too deep a nesting is replaced."""
        try:
            self.fill(child, given, where, depth)
        except _TooDeep:
            if child.DESCRIPTOR.name != "AnyValue" or depth > MAX_DEPTH:
                raise
            self._notes.append(f"nested too deep: {where[:120]}")
            child.Clear()
            child.string_value = TOO_DEEP

    def _fill_repeated(self, message: Message, field: FieldDescriptor, given: Any, where: str, depth: int) -> None:
        if not isinstance(given, list):
            raise _Malformed(f"{where} is not an array")
        container = getattr(message, field.name)
        for at, element in enumerate(given):
            if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                self._fill_child(container.add(), element, f"{where}[{at}]", depth + 1)
            else:
                with _says_where(f"{where}[{at}]"):
                    container.append(self._scalar(field, element, f"{where}[{at}]"))

    def _fill_items(self, message: Message, field: FieldDescriptor, given: Any, where: str, depth: int) -> None:
        """Spans, log records, metrics: a malformed one is reported and left out, the others stay."""
        if not isinstance(given, list):
            raise _Malformed(f"{where} is not an array")
        container = getattr(message, field.name)
        outer, self._notes = self._notes, []
        for at, element in enumerate(given):
            item = container.add()
            try:
                self.fill(item, element, f"{where}[{at}]", depth + 1)
            except (_Malformed, _TooDeep) as error:
                del container[-1]
                name = element.get("name", "") if isinstance(element, Mapping) else ""
                reason = str(error) or f"nested more than {MAX_DEPTH} messages deep"
                self._findings.reject(str(name) or f"{where}[{at}]", f"malformed OTLP/JSON: {reason}")
                self._notes = []
            if self._notes:
                self._flag_item(item)
        self._notes = outer

    def _flag_item(self, item: Any) -> None:
        name = getattr(item, "name", "") or getattr(item, "event_name", "")
        self._findings.mended(name, self._notes)
        if "attributes" in item.DESCRIPTOR.fields_by_name:
            item.attributes.append(mended_attribute(self._notes))
        self._notes = []

    def _scalar(self, field: FieldDescriptor, given: Any, where: str) -> Any:
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            text = _bytes_or_text(field, given, where)
            return text if self._mark is None else self._mended(text, self._mark, where)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            if isinstance(given, bool):
                return given
            raise _Malformed(f"{where} is not true or false")
        if field.cpp_type in _INTEGERS:
            return _integer(given, where)
        if field.cpp_type in _FLOATS and isinstance(given, (int, float, str)) and not isinstance(given, bool):
            return float(given)  # "NaN" and "Infinity" come as strings
        raise _Malformed(f"{where} is not a number")

    def _mended(self, text: Any, mark: str, where: str) -> Any:
        if not isinstance(text, str) or mark not in text:
            return text
        self._notes.append(f"invalid utf-8 or half a surrogate pair in {where[-120:]}")
        return text.replace(mark, REPLACEMENT)


@contextmanager
def _says_where(where: str) -> Iterator[None]:
    try:
        yield
    except _Malformed:
        raise
    except (ValueError, TypeError) as error:
        raise _Malformed(f"{where}: {error}") from error


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
        return bytes.fromhex(given) if field.name in _HEX_FIELDS else _base64(given)
    except (ValueError, binascii.Error) as error:
        kind = "hex" if field.name in _HEX_FIELDS else "base64"
        raise _Malformed(f"{where} is not {kind}") from error


def _base64(given: str) -> bytes:
    """Of either alphabet, padded or not, as ProtoJSON asks of readers."""
    standard = given.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
