from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_cursor, asked_filter, asked_limit, reader_of
from telltale_collector.api.described import FILTER, described
from telltale_collector.api.encode import Json, field_as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.errors import BadRequest
from telltale_collector.model import DEFAULT_PROJECT, Span
from telltale_collector.store.span_of_row import SPAN_FIELDS

router = APIRouter(prefix="/api/v1", tags=["API"])


_ANY_SPAN = shape_of(Span) | {"required": []}
"""``fields`` picks."""


@router.get(
    "/spans",
    openapi_extra=described(
        *FILTER,
        *("fields", "limit", "cursor"),
        gives=object_of({"spans": list_of(_ANY_SPAN), "next_cursor": shape_of(str | None)}),
        links={"next": {"operationId": "list_spans", "parameters": {"cursor": "$response.body#/next_cursor"}}},
    ),
    operation_id="list_spans",
)
async def list_spans(request: Request) -> Json:
    """Spans, newest first; ``fields`` picks columns."""
    fields = _asked_fields(request.query_params.get("fields", ""))
    found, next_cursor = await run_in_threadpool(
        reader_of(request).spans,
        DEFAULT_PROJECT,
        asked_filter(request),
        fields,
        limit=asked_limit(request, 100, 10_000),
        cursor=asked_cursor(request),
    )
    return Json({"spans": await run_in_threadpool(_as_json, found), "next_cursor": next_cursor})


def _as_json(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: field_as_json(name, value) for name, value in span.items()} for span in spans]


def _asked_fields(text: str) -> tuple[str, ...]:
    fields = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in fields if name not in SPAN_FIELDS]
    if unknown:
        raise BadRequest(f"a span has no field {unknown[0][:60]!r}", f"fields: {', '.join(SPAN_FIELDS)}")
    return fields or SPAN_FIELDS
