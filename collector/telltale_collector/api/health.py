from __future__ import annotations

from fastapi import APIRouter, Request, Response

from telltale_collector.api.described import described
from telltale_collector.api.encode import Json
from telltale_collector.api.shapes import object_of, shape_of
from telltale_collector.model.ledger import counts_of
from telltale_collector.pipeline import SettleLoop
from telltale_collector.telemetry import CONTENT_TYPE, Telemetry
from telltale_collector.wal import Wal

router = APIRouter(tags=["Operations"])

_STATUS = object_of({"status": shape_of(str)})
_NOT_READY = object_of({"status": shape_of(str), "reason": shape_of(str)})


@router.get("/healthz", openapi_extra=described(gives=_STATUS))
async def live() -> Json:
    """The process answers."""
    return Json({"status": "ok"})


@router.get(
    "/readyz",
    openapi_extra=described(gives=_STATUS),
    responses={"503": {"description": "Not ready, and why.", "content": {"application/json": {"schema": _NOT_READY}}}},
)
async def ready(request: Request) -> Json:
    """The write-ahead log takes requests and the store takes batches."""
    loop: SettleLoop = request.app.state.settle_loop
    trouble = loop.trouble if loop.alive else "the settle thread has ended: restart the collector and report this"
    if trouble:
        return Json({"status": "not ready", "reason": trouble}, 503)
    return Json({"status": "ready"})


@router.get("/metrics", response_class=Response, openapi_extra=described(gives=shape_of(str), media="text/plain"))
async def metrics(request: Request) -> Response:
    """The collector's own metrics, as Prometheus text."""
    telemetry: Telemetry = request.app.state.telemetry
    wal: Wal = request.app.state.wal
    telemetry.pending.set(wal.pending_items)
    telemetry.pending_bytes.set(wal.pending_bytes)
    telemetry.damaged_bytes.set(wal.damaged_bytes)
    telemetry.unknown_items.set(wal.unknown_items)
    telemetry.held_bytes.set(request.app.state.admission.held_bytes)
    for outcome, items in counts_of(request.app.state.ledger.total()).items():
        telemetry.ledger_items.labels(outcome).set(items)
    return Response(telemetry.exposition(), media_type=CONTENT_TYPE)
