"""Alerts: what is wrong now, what was, and the rules that say so."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.alerts.views import AlertView, RuleView, Watch
from telltale_collector.api.asked import asked_filter, asked_limit
from telltale_collector.api.described import TIMES, described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import Shape, list_of, object_of, shape_of
from telltale_collector.model import DEFAULT_PROJECT

router = APIRouter(prefix="/api/v1/alerts", tags=["API"])

_DAY_NS = 24 * 3600 * 1_000_000_000
_MOST = 1_000
_ALERTS = object_of({"alerts": list_of(shape_of(AlertView))})
_RULE: Shape = object_of(
    {
        "uid": shape_of(str),
        "group": shape_of(str),
        "title": shape_of(str),
        "description": shape_of(str),
        "severity": shape_of(str),
        "sql": shape_of(str),
        "unit": shape_of(str),
        "window_s": shape_of(int),
        "interval_s": shape_of(int),
        "bound": shape_of(str),
        "threshold": shape_of(float),
        "for_s": shape_of(int),
        "keep_firing_for_s": shape_of(int),
        "no_data": shape_of(str),
        "is_on": shape_of(bool),
        "evaluated_at_ns": shape_of(int | None),
        "took_ns": shape_of(int),
        "error": shape_of(str),
        "firing": shape_of(int),
        "pending": shape_of(int),
    }
)


@router.get("", openapi_extra=described(gives=_ALERTS))
async def list_alerts(request: Request) -> Json:
    """Alerts that are not over: those that fire first, the worst of them first, then those that are pending."""
    return Json({"alerts": as_json(await run_in_threadpool(_watch(request).now, DEFAULT_PROJECT))})


@router.get("/history", openapi_extra=described(*TIMES, "limit", gives=_ALERTS))
async def list_history(request: Request) -> Json:
    """Each time that an alert fired within a range (the last day), the newest first."""
    where, limit, now_ns = asked_filter(request), asked_limit(request, 100, _MOST), time.time_ns()
    to_ns = where.to_time or now_ns
    from_ns = where.from_time if where.from_time is not None else to_ns - _DAY_NS
    found = await run_in_threadpool(_watch(request).history, DEFAULT_PROJECT, from_ns, to_ns, limit=limit)
    return Json({"alerts": as_json(found)})


@router.get("/rules", openapi_extra=described(gives=object_of({"rules": list_of(_RULE)})))
async def list_rules(request: Request) -> Json:
    """All rules, how the last evaluation of each went, and how many of its alerts fire or are pending."""
    found = await run_in_threadpool(_watch(request).rules, DEFAULT_PROJECT)
    return Json({"rules": [_rule(view) for view in found]})


def _rule(view: RuleView) -> dict[str, Any]:
    facts = {**asdict(view.rule), **asdict(view), "group": view.group.name, "interval_s": view.group.interval_s}
    return {name: facts[name] for name in _RULE["properties"]}


def _watch(request: Request) -> Watch:
    watch: Watch = request.app.state.watch
    return watch
