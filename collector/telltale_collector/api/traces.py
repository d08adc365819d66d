from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_cursor, asked_filter, asked_limit, reader_of
from telltale_collector.api.encode import Json, as_json
from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import DEFAULT_PROJECT

router = APIRouter(prefix="/api/v1", tags=["API"])

_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


@router.get("/traces")
async def list_traces(request: Request) -> Json:
    """Traces, newest first, each provider call counted once."""
    page = await run_in_threadpool(
        reader_of(request).traces,
        DEFAULT_PROJECT,
        asked_filter(request),
        limit=asked_limit(request, 50, 1000),
        cursor=asked_cursor(request),
    )
    return Json({"traces": as_json(page.traces), "next_cursor": page.next_cursor})


@router.get("/traces/{trace_id}")
async def get_trace(request: Request, trace_id: str) -> Json:
    """One trace: its roll-up, all spans in start order, its scores."""
    if not _TRACE_ID.fullmatch(trace_id):
        raise BadRequest("a trace id is 32 hex digits")
    trace = await run_in_threadpool(reader_of(request).trace, DEFAULT_PROJECT, trace_id.lower())
    if trace is None:
        raise NotFound(f"no trace {trace_id.lower()}", "its spans may still be on their way: try again in a second")
    return Json(as_json(trace))
