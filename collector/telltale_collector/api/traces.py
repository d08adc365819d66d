from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_cursor, asked_filter, asked_limit, reader_of
from telltale_collector.api.described import FILTER, described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import DEFAULT_PROJECT, Trace, TraceSummary

router = APIRouter(prefix="/api/v1", tags=["API"])

_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


@router.get(
    "/traces",
    openapi_extra=described(
        *FILTER,
        *("limit", "cursor"),
        gives=object_of({"traces": list_of(shape_of(TraceSummary)), "next_cursor": shape_of(str | None)}),
        links={
            "trace": {"operationId": "get_trace", "parameters": {"trace_id": "$response.body#/traces/0/trace_id"}},
            "next": {"operationId": "list_traces", "parameters": {"cursor": "$response.body#/next_cursor"}},
        },
    ),
    operation_id="list_traces",
)
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


@router.get("/traces/{trace_id}", openapi_extra=described(gives=shape_of(Trace)), operation_id="get_trace")
async def get_trace(request: Request, trace_id: str) -> Json:
    """One trace: its roll-up, all spans in start order, its scores."""
    if not _TRACE_ID.fullmatch(trace_id):
        raise BadRequest("a trace id is 32 hex digits")
    trace = await run_in_threadpool(reader_of(request).trace, DEFAULT_PROJECT, trace_id.lower())
    if trace is None:
        raise NotFound(f"no trace {trace_id.lower()}", "its spans may still be on their way: try again in a second")
    return Json(as_json(trace))
