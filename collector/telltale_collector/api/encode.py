"""JSON of the API: times as RFC 3339 with nanoseconds, money as exact decimal numbers, unknown as null."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import orjson
from fastapi import Response

from telltale_collector.model import Message
from telltale_collector.store.times import write_time

TIMES = {"start_time", "end_time", "created_at", "time", "oldest", "newest", "last_sign"}


class Json(Response):
    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(_dumps(content), status_code=status_code)


def _dumps(content: Any) -> bytes:
    try:
        return orjson.dumps(content, default=json_default, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a value nested deeper than orjson writes
        return json.dumps(content, default=_plain, ensure_ascii=False).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else json_default(value)


def as_json(value: Any) -> Any:
    """Dataclasses as objects, field by field, times written out."""
    if isinstance(value, Message):
        return _message(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: field_as_json(field.name, getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [as_json(element) for element in value]
    return value


def _message(message: Message) -> dict[str, Any]:
    """``{role, content}``, and what else the message has."""
    found = {field.name: getattr(message, field.name) for field in fields(message)}
    return {name: value for name, value in found.items() if value or name in {"role", "content"}}


def field_as_json(name: str, value: Any) -> Any:
    if name in TIMES and isinstance(value, int):
        return write_time(value)
    return as_json(value)


def json_default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value.normalize(), "f"))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return repr(value)
