from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_filter, reader_of
from telltale_collector.api.described import FILTER, described
from telltale_collector.api.encode import Json, field_as_json
from telltale_collector.api.shapes import list_of, object_of
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.store.usage import usage

router = APIRouter(prefix="/api/v1", tags=["API"])


@router.get(
    "/usage",
    openapi_extra=described(*FILTER, *("group_by", "interval"), gives=object_of({"rows": list_of({"type": "object"})})),
)
async def get_usage(request: Request) -> Json:
    """Calls, tokens, money and latency by ``group_by`` keys, over time with ``interval``."""
    params = request.query_params
    keys = [key.strip() for key in params.get("group_by", "").split(",") if key.strip()]
    interval = params.get("interval") or None
    where, rolled = asked_filter(request), request.app.state.rolled
    rows = await run_in_threadpool(usage, reader_of(request), DEFAULT_PROJECT, where, keys, interval, rolled)
    return Json({"rows": [_as_json(row) for row in rows]})


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {name: field_as_json(name, value) for name, value in row.items()}
