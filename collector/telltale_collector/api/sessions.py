from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_cursor, asked_filter, asked_limit, asked_number, reader_of
from telltale_collector.api.described import FILTER, described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.errors import NotFound
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.store.sessions import Conversation, Session, conversation, sessions

router = APIRouter(prefix="/api/v1", tags=["API"])


@router.get(
    "/sessions",
    openapi_extra=described(
        *FILTER,
        *("limit", "cursor"),
        gives=object_of({"sessions": list_of(shape_of(Session)), "next_cursor": shape_of(str | None)}),
    ),
    operation_id="list_sessions",
)
async def list_sessions(request: Request) -> Json:
    """Sessions, the latest first, summed up over the spans that match."""
    page, next_cursor = await run_in_threadpool(
        sessions,
        reader_of(request),
        DEFAULT_PROJECT,
        asked_filter(request),
        limit=asked_limit(request, 50, 1000),
        cursor=asked_cursor(request),
    )
    return Json({"sessions": as_json(page), "next_cursor": next_cursor})


@router.get(
    "/sessions/{session_id:path}",
    openapi_extra=described("turn", "limit", gives=shape_of(Conversation)),
    operation_id="get_session",
)
async def get_session(request: Request, session_id: str) -> Json:
    """One session: its sums, its turns from ``turn`` on in the order they began, where it first went wrong."""
    found = await run_in_threadpool(
        conversation,
        reader_of(request),
        DEFAULT_PROJECT,
        session_id,
        first_number=asked_number(request, "turn", 1),
        limit=asked_limit(request, 100, 1000),
    )
    if found is None:
        raise NotFound(f"no session {session_id[:60]!r}", "its spans may still be on their way: try again in a second")
    return Json(as_json(found))
