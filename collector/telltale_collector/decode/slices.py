"""OTLP traces taken apart only as far as needed: attributes, resources and scopes stay slices of bytes.

The messages here are wire-compatible with OTLP's (opentelemetry/proto/trace/v1/trace.proto), with ``bytes`` in place of
the parts that repeat from span to span: the same slice is decoded once and remembered. Walking the generated messages
attribute by attribute costs about twice as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from telltale_collector.decode.values import any_value, key_values
from telltale_collector.model import AttributeValue

Value = TypeVar("Value")

_PACKAGE = "telltale.slices"
_FIELD = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED
_BYTES, _STRING, _FIXED, _COUNT = _FIELD.TYPE_BYTES, _FIELD.TYPE_STRING, _FIELD.TYPE_FIXED64, _FIELD.TYPE_UINT32

_MESSAGES: dict[str, tuple[tuple[str, int, int, int | str], ...]] = {
    "Request": (("resource_spans", 1, _MANY, "ResourceSpans"),),
    "ResourceSpans": (
        ("resource", 1, _MANY, _BYTES),
        ("scope_spans", 2, _MANY, "ScopeSpans"),
        ("schema_url", 3, _ONE, _STRING),
    ),
    "ScopeSpans": (
        ("scope", 1, _MANY, _BYTES),
        ("spans", 2, _MANY, "Span"),
        ("schema_url", 3, _ONE, _STRING),
    ),
    "Span": (
        ("trace_id", 1, _ONE, _BYTES),
        ("span_id", 2, _ONE, _BYTES),
        ("trace_state", 3, _ONE, _STRING),
        ("parent_span_id", 4, _ONE, _BYTES),
        ("name", 5, _ONE, _STRING),
        ("kind", 6, _ONE, _FIELD.TYPE_INT32),
        ("start_time_unix_nano", 7, _ONE, _FIXED),
        ("end_time_unix_nano", 8, _ONE, _FIXED),
        ("attributes", 9, _MANY, _BYTES),
        ("dropped_attributes_count", 10, _ONE, _COUNT),
        ("events", 11, _MANY, _BYTES),
        ("dropped_events_count", 12, _ONE, _COUNT),
        ("links", 13, _MANY, _BYTES),
        ("dropped_links_count", 14, _ONE, _COUNT),
        ("status", 15, _MANY, _BYTES),
        ("flags", 16, _ONE, _FIELD.TYPE_FIXED32),
    ),
}


def _request_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="telltale/slices.proto", package=_PACKAGE, syntax="proto3")
    for message_name, message_fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, number, label, kind in message_fields:
            given: dict[str, Any] = (
                {"type": _FIELD.TYPE_MESSAGE, "type_name": f".{_PACKAGE}.{kind}"}
                if isinstance(kind, str)
                else {"type": kind}
            )
            message.field.add(name=name, number=number, label=label, **given)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Request"))


SlicedRequest = _request_class()
"""An ExportTraceServiceRequest in slices; ``SlicedRequest.FromString(payload)``.

A single message may come in several pieces, which a reader has to merge (Protocol Buffers, "Encoding": last one wins,
embedded messages are merged): joined, the pieces are one message. Hence the lists of resource, scope and status.
"""

_LONGEST_REMEMBERED = 128
_MOST_REMEMBERED = 20_000
_MOST_BYTES = 4 << 20


class _Memory(Generic[Value]):
    """What slices decode to. Bounded: it starts anew when it is full, for senders choose what is in it."""

    def __init__(self) -> None:
        self.known: dict[bytes, Value] = {}
        self._bytes = 0

    def keep(self, key: bytes, value: Value) -> None:
        if len(key) > _MOST_BYTES // 64:
            return
        if len(self.known) >= _MOST_REMEMBERED or self._bytes + len(key) > _MOST_BYTES:
            self.known = {}
            self._bytes = 0
        self.known[key] = value
        self._bytes += len(key)

    def whole(self, pieces: Iterable[bytes], decode: Callable[[bytes], Value]) -> Value:
        """The message that comes in pieces, decoded unless it is known."""
        encoded = b"".join(pieces)
        found = self.known.get(encoded)
        if found is None:
            found = decode(encoded)
            self.keep(encoded, found)
        return found


_attributes: _Memory[tuple[str, AttributeValue]] = _Memory()
_resources: _Memory[dict[str, AttributeValue]] = _Memory()
_scopes: _Memory[InstrumentationScope] = _Memory()
_statuses: _Memory[Status] = _Memory()


def attributes(pairs: Iterable[bytes]) -> dict[str, AttributeValue]:
    """The map of encoded KeyValues. Of a key given twice the last value holds, as in OTLP's own maps."""
    known = _attributes.known
    found: dict[str, AttributeValue] = {}
    for pair in pairs:
        key, value = known.get(pair) or _decode(pair)
        found[key] = value
    return found


def _decode(pair: bytes) -> tuple[str, AttributeValue]:
    decoded = KeyValue.FromString(pair)
    key, value = decoded.key, decoded.value.string_value or any_value(decoded.value)  # most are texts
    if len(pair) <= _LONGEST_REMEMBERED and not isinstance(value, (list, dict)):  # those could be changed by a reader
        _attributes.keep(pair, (key, value))
    return key, value


def resource(pieces: Iterable[bytes]) -> dict[str, AttributeValue]:
    """The attributes of an encoded Resource. Shared between the spans of a process: not to be changed."""
    return _resources.whole(pieces, lambda encoded: key_values(Resource.FromString(encoded).attributes))


def scope(pieces: Iterable[bytes]) -> InstrumentationScope:
    """An encoded InstrumentationScope."""
    return _scopes.whole(pieces, InstrumentationScope.FromString)


def status(pieces: Iterable[bytes]) -> Status:
    """An encoded Status."""
    return _statuses.whole(pieces, Status.FromString)
