"""Budgets: limits by name, and where each stands."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.model import (
    DEFAULT_PROJECT,
    Amounts,
    Budget,
    BudgetAction,
    BudgetFilter,
    BudgetStatus,
    Window,
)
from telltale_collector.store.budgets import Budgets

router = APIRouter(prefix="/api/v1/budgets", tags=["API"])

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_Name = Annotated[str, Field(pattern=_NAME)]
_NameInPath = Annotated[str, Path(pattern=_NAME)]
_Word = Annotated[str, Field(min_length=1, max_length=256)]
_Whole = Annotated[int, Field(ge=0, le=2**53)]
_Usd = Annotated[Decimal, Field(ge=0, lt=10**12, max_digits=24, decimal_places=12)]
_STATUS = shape_of(BudgetStatus)
_LINKS = {"status": {"operationId": "get_budget", "parameters": {"name": "$response.body#/name"}}}


class NewFilter(BaseModel):
    """Which calls the budget is about; all of them where nothing is given."""

    model_config = ConfigDict(extra="forbid")

    service: _Word | None = None
    environment: _Word | None = None
    user_id: _Word | None = None
    session_id: _Word | None = None
    model: _Word | None = None
    prompt_name: _Word | None = None
    tag: _Word | None = None


class NewLimit(BaseModel):
    """The most dollars, calls and tokens (input and output together)."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    usd: _Usd | None = None
    calls: _Whole | None = None
    tokens: _Whole | None = None


class NewBudget(BaseModel):
    """A budget. ``window``: the calendar's in UTC, or ``rolling``: the last ``window_s`` seconds."""

    model_config = ConfigDict(extra="forbid")

    name: _Name
    filter: NewFilter = NewFilter()
    limit: NewLimit
    window: Window = "month"
    window_s: Annotated[int, Field(ge=1, le=366 * 86_400)] | None = None
    action: BudgetAction = "warn"
    route: Annotated[dict[_Word, _Word], Field(max_length=100)] = {}

    @model_validator(mode="after")
    def _is_a_budget(self) -> NewBudget:
        if self.limit.usd is None and self.limit.calls is None and self.limit.tokens is None:
            raise ValueError("give limit.usd, limit.calls or limit.tokens: a budget limits something")
        if (self.window == "rolling") != (self.window_s is not None):
            raise ValueError("give window_s with the window rolling, and only with that")
        if self.action == "route" and not self.route:
            raise ValueError("give route with the action route: from a model to a cheaper one")
        return self


@router.get("", openapi_extra=described(gives=object_of({"budgets": list_of(_STATUS)})))
async def list_budgets(request: Request) -> Json:
    """All budgets and where they stand, as of a moment ago."""
    found = await run_in_threadpool(_budgets(request).statuses, DEFAULT_PROJECT, time.time_ns())
    return Json({"budgets": as_json(found)})


@router.post("", status_code=201, openapi_extra=described(status=201, gives=_STATUS, links=_LINKS))
async def post_budget(request: Request, budget: NewBudget) -> Json:
    """Make a budget, or replace the one of that name. 201 means: on disk."""
    made = Budget(
        name=budget.name,
        filter=BudgetFilter(**budget.filter.model_dump()),
        limit=Amounts(**budget.limit.model_dump()),
        window=budget.window,
        window_s=budget.window_s,
        action=budget.action,
        route=budget.route,
    )
    return Json(await run_in_threadpool(_put, _budgets(request), made), 201)


@router.get("/{name}", operation_id="get_budget", openapi_extra=described(gives=_STATUS))
async def get_budget(request: Request, name: _NameInPath) -> Json:
    """One budget and where it stands now: limit, spent, what of it is estimated or unknown, remaining, reset."""
    return Json(await run_in_threadpool(_status, _budgets(request), name))


@router.delete("/{name}", openapi_extra=described(gives=object_of({"removed": shape_of(str)})))
async def delete_budget(request: Request, name: _NameInPath) -> Json:
    """Remove a budget; what was spent stays where it is."""
    await run_in_threadpool(_budgets(request).remove, DEFAULT_PROJECT, name)
    return Json({"removed": name})


def _put(budgets: Budgets, budget: Budget) -> Any:
    budgets.put(DEFAULT_PROJECT, budget)
    return _status(budgets, budget.name)


def _status(budgets: Budgets, name: str) -> Any:
    budget = budgets.one(DEFAULT_PROJECT, name)
    return as_json(budgets.status(DEFAULT_PROJECT, budget, time.time_ns()))


def _budgets(request: Request) -> Budgets:
    budgets: Budgets = request.app.state.budgets
    return budgets
