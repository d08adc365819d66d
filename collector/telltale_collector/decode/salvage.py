"""What is good in a protobuf body that the strict decoder refuses.

The smallest thing that is wrong is mended, and what contains it says so in the attribute ``telltale.mended``:

    a text that is not UTF-8             U+FFFD in place of the bad bytes
    a value nested too deep, or broken   a short text in its place
    a broken attribute, event, link      left out
    a span that cannot be read at all    set aside, with its reason
    the frame around the spans broken    the request is refused: nobody can say what is missing
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from telltale_collector.decode.findings import Findings, mended_attribute
from telltale_collector.decode.wire import BYTES, Field, Unreadable, fields, length_delimited
from telltale_collector.errors import BadRequest

MAX_DEPTH = 100
"""Messages inside messages, the request itself not counted: protobuf reads no deeper."""

MAX_STEPS = 100_000
"""Fields that are walked inside the items of one body (about 0.2 s); what is bad behind them is set aside unmended."""

TOO_DEEP = f"[left out: nested more than {MAX_DEPTH} messages deep]"
BROKEN = "[left out: not readable as a value]"

ITEM_FIELDS = frozenset({"spans", "log_records", "metrics"})
_FRAME = frozenset(f"{part}{signal}" for part in ("Resource", "Scope") for signal in ("Spans", "Logs", "Metrics"))
_PARTS_OF_VALUES = frozenset({"ArrayValue", "KeyValueList"})
_FRAME_LEVELS = 2
_RESOURCE, _ATTRIBUTES = 1, 1
_ATTRIBUTES_OF_ITEM = {"spans": 9, "log_records": 6}
_NAMES_OF_ITEMS = {"spans": "name", "log_records": "event_name", "metrics": "name"}


class _TooDeep(Exception):
    """Caught by the nearest value that can be replaced."""


class _Spent(Exception):
    """The steps of this body are used up: what is bad from here on is set aside."""


def salvage(make: Callable[[], Message], body: bytes, findings: Findings) -> bytes:
    """A body that the strict decoder reads; what was mended or set aside is in ``findings``.

    Args:
        make: the class of the request.
        body: what was refused.
        findings: told what was done.

    Raises:
        BadRequest: the frame around the items is broken.
    """
    return _Salvage(make, body, findings).run()


class _Salvage:
    def __init__(self, make: Callable[[], Message], body: bytes, findings: Findings) -> None:
        self._make = make
        self._body = body
        self._findings = findings
        self._notes: list[str] = []
        self._steps = 0

    def run(self) -> bytes:
        descriptor: Any = self._make().DESCRIPTOR
        try:
            mended = self._message(descriptor, 0, len(self._body), 0, "")
        except (Unreadable, _Spent) as error:
            raise BadRequest(
                f"the body is not a {descriptor.name} in protobuf: {error}",
                "check that the body is complete and that its content type is the one that was sent",
            ) from error
        return self._body if mended is None else mended

    def _message(self, descriptor: Any, start: int, end: int, level: int, path: str) -> bytes | None:
        """The message mended; None: it is good as it is."""
        by_number = descriptor.fields_by_number
        parts: list[bytes] = []
        kept_from = start
        for entry in fields(self._body, start, end):
            self._steps += level > _FRAME_LEVELS
            if self._steps > MAX_STEPS and level > _FRAME_LEVELS:
                raise _Spent(f"more than {MAX_STEPS} fields to mend")
            field = by_number.get(entry[0])
            if field is None or entry[1] != BYTES:
                continue  # the decoder keeps it as an unknown field
            new = self._field(field, entry, level, path)
            if new is not None:
                parts += [self._body[kept_from : entry[2]], new]
                kept_from = entry[4]
        if level == 1 and self._notes:
            return b"".join([*parts, self._body[kept_from:end], self._resource_flag()])
        return b"".join([*parts, self._body[kept_from:end]]) if parts else None

    def _resource_flag(self) -> bytes:
        """What was mended around items, told by their resource: parts of one message on the wire are merged."""
        flag = length_delimited(_RESOURCE, self._flag(_ATTRIBUTES))
        self._findings.mended("resource", self._notes)
        self._notes = []
        return flag

    def _field(self, field: Any, entry: Field, level: int, path: str) -> bytes | None:
        """A field mended, tag included; empty: left out; None: it is good as it is."""
        start, end = entry[3], entry[4]
        if field.name in ITEM_FIELDS:
            return self._item(field, entry, level)
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._text(field, start, end, f"{path}{field.json_name}")
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            return None
        try:
            return self._submessage(field, start, end, level + 1, f"{path}{field.json_name}")
        except Unreadable as error:
            name = field.message_type.name
            if name in _FRAME or name in _PARTS_OF_VALUES:
                raise
            return self._left_out(field, f"{path}{field.json_name}", str(error))

    def _text(self, field: Any, start: int, end: int, where: str) -> bytes | None:
        content = self._body[start:end]
        try:
            content.decode()
        except UnicodeDecodeError:
            self._note("invalid utf-8 in", where)
            return length_delimited(field.number, content.decode("utf-8", "replace").encode())
        return None

    def _submessage(self, field: Any, start: int, end: int, level: int, where: str) -> bytes | None:
        if level > MAX_DEPTH:
            raise _TooDeep
        descriptor = field.message_type
        key = self._key(start, end) if descriptor.name == "KeyValue" else ""
        try:
            mended = self._message(descriptor, start, end, level, f"{where}[{key}]." if key else f"{where}.")
        except _TooDeep:
            if descriptor.name != "AnyValue":
                raise
            self._note("nested too deep:", where)
            return length_delimited(field.number, AnyValue(string_value=TOO_DEEP).SerializeToString())
        return None if mended is None else length_delimited(field.number, mended)

    def _left_out(self, field: Any, where: str, why: str) -> bytes:
        self._note(f"left out ({why}):", where)
        if field.message_type.name != "AnyValue":
            return b""
        return length_delimited(field.number, AnyValue(string_value=BROKEN).SerializeToString())

    def _key(self, start: int, end: int) -> str:
        for number, kind, _, content, after in fields(self._body, start, end):
            if number == 1 and kind == BYTES:
                return self._body[content:after].decode("utf-8", "replace")[:60]
        return ""

    # --- spans, log records, metrics -------------------------------------------------------------------------------

    def _item(self, field: Any, entry: Field, level: int) -> bytes | None:
        """One item: None when it is good, mended and flagged, or empty when it is set aside."""
        start, end = entry[3], entry[4]
        if self._is_good(field, self._body[start:end]):
            return None
        outer, self._notes = self._notes, []
        name = self._name(field, start, end)
        try:
            mended = self._mended_item(field, start, end, level)
        except (Unreadable, _TooDeep, _Spent) as error:
            self._findings.reject(name, f"cannot be read: {error}")
            return b""
        finally:
            notes, self._notes = self._notes, outer
        self._findings.mended(name, notes)
        return length_delimited(field.number, mended)

    def _mended_item(self, field: Any, start: int, end: int, level: int) -> bytes:
        mended = self._message(field.message_type, start, end, level + 1, "")
        content = self._body[start:end] if mended is None else mended
        attributes = _ATTRIBUTES_OF_ITEM.get(field.name)
        if attributes and self._notes:
            content += self._flag(attributes)
        if not self._is_good(field, content):
            raise Unreadable("a value does not fit its field")
        return content

    def _is_good(self, field: Any, content: bytes) -> bool:
        """Whether the strict decoder takes the item where it stands: the frame's depth counts too."""
        framed = length_delimited(1, length_delimited(2, length_delimited(field.number, content)))
        try:
            self._make().ParseFromString(framed)
        except DecodeError:
            return False
        return True

    def _name(self, field: Any, start: int, end: int) -> str:
        wanted = field.message_type.fields_by_name[_NAMES_OF_ITEMS[field.name]].number
        try:
            for number, kind, _, content, after in fields(self._body, start, end):
                if number == wanted and kind == BYTES:
                    return self._body[content:after].decode("utf-8", "replace")
        except Unreadable:
            return ""
        return ""

    def _note(self, what: str, path: str) -> None:
        where = path.removesuffix(".stringValue").removesuffix(".value")
        self._notes.append(f"{what} {where if len(where) <= 120 else where[:117] + '...'}")

    def _flag(self, field_number: int) -> bytes:
        """The notes as an attribute, ready to be appended to a message whose attributes have this number."""
        flag: Any = mended_attribute(self._notes)
        return length_delimited(field_number, flag.SerializeToString())
