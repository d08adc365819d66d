from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import reader_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import shape_of
from telltale_collector.model import DEFAULT_PROJECT, Stats
from telltale_collector.wal import Wal

router = APIRouter(prefix="/api/v1", tags=["API"])


@router.get("/stats", openapi_extra=described(gives=shape_of(Stats)))
async def get_stats(request: Request) -> Json:
    """What is queryable now, and what waits in the write-ahead log."""
    wal: Wal = request.app.state.wal
    stats = await run_in_threadpool(reader_of(request).stats, DEFAULT_PROJECT)
    stats.wal_pending_spans = wal.pending_items
    return Json(as_json(stats))
