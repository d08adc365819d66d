"""What calls cost, for whoever has their token counts."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.described import described
from telltale_collector.api.encode import Json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.enrich import PriceTable, price
from telltale_collector.model import Call

router = APIRouter(prefix="/api/v1", tags=["API"])

_MOST = 100
_Word = Annotated[str, Field(max_length=256)]
_Count = Annotated[int, Field(ge=0, le=2**53)]


class CallUsage(BaseModel):
    """The tokens of one call. Input includes cached tokens, output includes reasoning; null is unknown."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["llm", "embedding", "reranker"] = "llm"
    provider: _Word | None = None
    request_model: _Word | None = None
    response_model: _Word | None = None
    service_tier: _Word | None = None
    input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cache_read_tokens: _Count | None = None
    cache_write_tokens: _Count | None = None
    reasoning_tokens: _Count | None = None


class Usages(BaseModel):
    """Calls whose cost is asked for."""

    model_config = ConfigDict(extra="forbid")

    usages: Annotated[list[CallUsage], Field(max_length=_MOST)]


_COST = object_of({"cost_usd": shape_of(Decimal | None), "price_id": shape_of(str | None)})


@router.post("/prices", openapi_extra=described(gives=object_of({"costs": list_of(_COST)})))
async def post_prices(request: Request, asked: Usages) -> Json:
    """What calls with these token counts cost today, in their order; null where a price or a count is unknown."""
    prices: PriceTable = request.app.state.prices
    return Json({"costs": await run_in_threadpool(_costs, prices, asked.usages)})


def _costs(prices: PriceTable, usages: list[CallUsage]) -> list[dict[str, Any]]:
    costs = []
    for usage in usages:
        call = Call(**usage.model_dump())
        price(call, prices, time.time_ns(), failed=False)
        costs.append({"cost_usd": call.cost_usd, "price_id": call.price_id})
    return costs
