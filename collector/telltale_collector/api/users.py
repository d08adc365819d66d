from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_filter, asked_limit, reader_of
from telltale_collector.api.described import FILTER, described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import shape_of
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.store.users import Users, users

router = APIRouter(prefix="/api/v1", tags=["API"])


@router.get(
    "/users", openapi_extra=described(*FILTER, *("sort", "limit"), gives=shape_of(Users)), operation_id="list_users"
)
async def list_users(request: Request) -> Json:
    """Users, the one who spent most first, against the period before."""
    found = await run_in_threadpool(
        users,
        reader_of(request),
        DEFAULT_PROJECT,
        asked_filter(request),
        now_ns=time.time_ns(),
        order=request.query_params.get("sort") or "cost",
        limit=asked_limit(request, 100, 1000),
    )
    return Json(as_json(found))
