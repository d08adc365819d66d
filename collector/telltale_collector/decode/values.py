"""OTLP AnyValue and KeyValue as Python values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from telltale_collector.model import AttributeValue


def any_value(value: AnyValue) -> AttributeValue:
    """None (unset), str, bool, int, float, bytes, list or dict."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return [any_value(element) for element in value.array_value.values]
    if which == "kvlist_value":
        return key_values(value.kvlist_value.values)
    scalar: Any = getattr(value, which)
    return scalar


def key_values(pairs: Iterable[KeyValue]) -> dict[str, AttributeValue]:
    """Of a key given twice the last value holds, as in OTLP's own maps."""
    return {pair.key: any_value(pair.value) for pair in pairs}
