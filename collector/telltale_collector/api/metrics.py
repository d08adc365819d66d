from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from telltale_collector.api.asked import reader_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json, field_as_json
from telltale_collector.api.shapes import TIME, list_of, object_of, shape_of
from telltale_collector.model import DEFAULT_PROJECT, Instrument, MetricQuery, MetricStep, SeenExemplar
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import read_filter
from telltale_collector.store.metrics import exemplars, find_instrument, instruments, measure, read_step
from telltale_collector.store.reader import Reader
from telltale_collector.store.times import write_time

router = APIRouter(prefix="/api/v1", tags=["API"])

_EXEMPLARS = 100
_FILTERS = ("from", "to", "service", "environment")


_INSTRUMENT = shape_of(Instrument)
_INSTRUMENT["properties"] |= {"first_seen": TIME, "last_seen": TIME}
_STEP = {
    "type": "object",
    "properties": {"group": shape_of(dict[str, str | None]), "time": TIME},
    "required": ["group"],
    "additionalProperties": shape_of(float | dict[str, float | None] | None),
}
_ONE = {
    "metric": _INSTRUMENT,
    "rows": list_of(_STEP),
    "exemplars": list_of(shape_of(SeenExemplar)),
}


@router.get(
    "/metrics",
    openapi_extra=described(
        *_FILTERS,
        *("name", "type", "unit", "group_by", "step"),
        gives={"anyOf": [object_of({"metrics": list_of(_INSTRUMENT)}), object_of(_ONE)]},
    ),
)
async def get_metrics(request: Request) -> Json:
    """GenAI metrics that applications report; with ``name`` one of them, by ``group_by``, over time with ``step``."""
    params = request.query_params
    query = _query(params)
    if not params.get("name"):
        found = await run_in_threadpool(
            instruments, reader_of(request), DEFAULT_PROJECT, query.from_time, query.to_time
        )
        return Json({"metrics": [_instrument(instrument) for instrument in found]})
    told = {what: params.get(what) for what in ("name", "type", "unit")}
    return Json(await run_in_threadpool(_measured, reader_of(request), told, query))


def _query(params: QueryParams) -> MetricQuery:
    where = read_filter({name: params[name] for name in _FILTERS if name in params}, time.time_ns())
    keys = [key.strip() for key in params.get("group_by", "").split(",") if key.strip()]
    return MetricQuery(
        from_time=where.from_time or 0,
        to_time=where.to_time or END_OF_TIME,
        step_s=read_step(params["step"]) if params.get("step") else None,
        group_by=list(dict.fromkeys(keys)),
        service=where.service,
        environment=where.environment,
    )


def _measured(reader: Reader, told: dict[str, str | None], query: MetricQuery) -> dict[str, Any]:
    instrument = find_instrument(reader, DEFAULT_PROJECT, told, query.from_time, query.to_time)
    steps = measure(reader, DEFAULT_PROJECT, instrument, query)
    return {
        "metric": _instrument(instrument),
        "rows": [_row(step, instrument) for step in steps],
        "exemplars": as_json(exemplars(reader, DEFAULT_PROJECT, instrument, query, _EXEMPLARS)),
    }


def _instrument(instrument: Instrument) -> dict[str, Any]:
    times = {name: write_time(getattr(instrument, name)) for name in ("first_seen", "last_seen")}
    given: dict[str, Any] = as_json(instrument)
    return given | times


def _row(step: MetricStep, instrument: Instrument) -> dict[str, Any]:
    when = {} if step.time is None else {"time": field_as_json("time", step.time)}
    measured = {name: getattr(step, name) for name in instrument.measures}
    return {"group": dict(step.group), **when, **measured}
