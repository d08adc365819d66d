"""What the OpenAPI document says of the OTLP routes, which are read and answered by hand."""

from __future__ import annotations

from typing import Any

from telltale_collector.decode import Media

_BYTES = {"type": "string", "format": "binary"}
_STATUS = {
    "type": "object",
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "details": {"type": "array"}},
    "additionalProperties": False,
}


def _export_answer(counted: str) -> dict[str, Any]:
    partial = {
        "type": "object",
        "properties": {counted: {"type": "string", "pattern": "^[0-9]+$"}, "errorMessage": {"type": "string"}},
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {"partialSuccess": partial}, "additionalProperties": False}


def described(items: str, counted: str) -> dict[str, Any]:
    """For ``openapi_extra`` of a route: ``items`` is the request's list, ``counted`` what was rejected of it."""
    request = {"type": "object", "properties": {items: {"type": "array", "items": {"type": "object"}}}}
    return {
        "requestBody": {"required": True, "content": _either(request)},
        "responses": {
            "200": {
                "description": "On disk, but for what partialSuccess counts.",
                "content": _either(_export_answer(counted)),
            },
            "4XX": {"description": "The request has to change.", "content": _either(_STATUS)},
            "503": {"description": "Nothing was kept: send it again in a second.", "content": _either(_STATUS)},
        },
    }


def _either(as_json: dict[str, Any]) -> dict[str, Any]:
    return {Media.JSON.value: {"schema": as_json}, Media.PROTOBUF.value: {"schema": _BYTES}}
