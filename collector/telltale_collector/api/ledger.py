from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from telltale_collector.api.described import TIMES, described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.model import DEFAULT_PROJECT, LedgerHour
from telltale_collector.model.ledger import counts_of, sum_of
from telltale_collector.pipeline import Intake, Ledger, OtlpSignal
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import read_filter

router = APIRouter(prefix="/api/v1", tags=["API"])

_Reason = Annotated[str, Field(min_length=1, max_length=256)]
_Items = Annotated[int, Field(ge=0, le=10**12)]


class ClientReport(BaseModel):
    """What an SDK gave up before it could be sent: items by reason."""

    model_config = ConfigDict(extra="forbid")

    dropped: Annotated[dict[_Reason, _Items], Field(min_length=1, max_length=100)]
    signal: Literal["traces", "logs", "metrics"] = "traces"


_COUNTS = {name: shape_of(int) for name in counts_of(sum_of([]))}


@router.get(
    "/ledger",
    openapi_extra=described(
        *TIMES, gives=object_of({"total": object_of(_COUNTS), "hours": list_of(shape_of(LedgerHour))})
    ),
)
async def get_ledger(request: Request) -> Json:
    """Received = stored + rejected + dropped + pending, in total and by hour of arrival within ``from`` and ``to``."""
    params = request.query_params
    times = read_filter({name: params[name] for name in ("from", "to") if name in params}, time.time_ns())
    ledger: Ledger = request.app.state.ledger
    hours = ledger.between(DEFAULT_PROJECT, times.from_time or 0, times.to_time or END_OF_TIME)
    total: dict[str, Any] = counts_of(sum_of(hours))
    return Json({"total": total, "hours": as_json(hours)})


@router.post(
    "/client-reports",
    status_code=202,
    openapi_extra=described(status=202, gives=object_of({"dropped": shape_of(int)})),
)
async def post_client_report(request: Request, report: ClientReport) -> Json:
    """Tell of items that were given up before they could be sent. 202 means: on disk."""
    intake: Intake = request.app.state.intake
    durable = intake.report(DEFAULT_PROJECT, OtlpSignal(report.signal), report.dropped)
    await asyncio.shield(asyncio.wrap_future(durable))
    return Json({"dropped": sum(report.dropped.values())}, 202)
