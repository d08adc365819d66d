from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import reader_of
from telltale_collector.api.described import TIMES, described
from telltale_collector.api.encode import Json
from telltale_collector.api.shapes import TIME, list_of, object_of, shape_of
from telltale_collector.checkup import Finding, Group, faults, find_faults
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.store.cursors import END_OF_TIME
from telltale_collector.store.filters import read_filter
from telltale_collector.store.times import write_time

router = APIRouter(prefix="/api/v1", tags=["API"])

_PACKAGE = "telltale-llm"


_FINDING = object_of(
    {
        **{name: shape_of(str) for name in ("name", "title", "severity", "of", "why", "mend")},
        "count": shape_of(int),
        "looked_at": shape_of(int),
        "share": shape_of(float),
        "last_seen": TIME,
        "examples": list_of(shape_of(str)),
        "groups": list_of({"type": "object"}),
    }
)


@router.get(
    "/checkup",
    openapi_extra=described(
        *TIMES,
        gives=object_of(
            {"version": shape_of(str), "checked": list_of(shape_of(str)), "faults": list_of(_FINDING)},
        ),
    ),
)
async def get_checkup(request: Request) -> Json:
    """Instrumentation faults found in the spans that start within ``from`` and ``to``, and the lines that mend them."""
    params = request.query_params
    times = read_filter({name: params[name] for name in ("from", "to") if name in params}, time.time_ns())
    found = await run_in_threadpool(
        find_faults, reader_of(request), DEFAULT_PROJECT, times.from_time or 0, times.to_time or END_OF_TIME
    )
    return Json(
        {
            "version": version(_PACKAGE),
            "checked": [fault.name for fault in faults()],
            "faults": [_finding(finding) for finding in found],
        }
    )


def _finding(finding: Finding) -> dict[str, Any]:
    fault = finding.fault
    return {
        "name": fault.name,
        "title": fault.title,
        "severity": fault.severity,
        "count": finding.count,
        "looked_at": finding.looked_at,
        "of": fault.of,
        "share": round(finding.share, 6),
        "why": fault.why,
        "mend": finding.mend,
        "last_seen": write_time(finding.last_seen),
        "examples": finding.examples,
        "groups": [_group(group) for group in finding.groups],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        **group.told_by,
        "count": group.count,
        "mend": group.mend,
        "last_seen": write_time(group.last_seen),
        "examples": list(group.examples),
    }
