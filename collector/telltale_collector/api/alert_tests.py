"""Alert rules tried on past data: progress comes as one JSON object a line, the last one is the result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from telltale_collector.alerts.replay import Replayed, replay
from telltale_collector.api.described import described
from telltale_collector.api.encode import as_json, json_default
from telltale_collector.errors import BadRequest, NotFound, TelltaleError
from telltale_collector.model import DEFAULT_PROJECT, TimeNs
from telltale_collector.store.filters import read_filter
from telltale_collector.store.reader import Reader
from telltale_dashboards.rule import Group, Rule

router = APIRouter(prefix="/api/v1/alerts", tags=["API"])

_WEEK_NS = 7 * 86_400 * 1_000_000_000
_TOLD_EVERY = 50


class Asked(BaseModel):
    """Which rule, and which time (the last week). Times are RFC 3339 or relative."""

    model_config = ConfigDict(extra="forbid")

    rule: Annotated[str, Field(min_length=1, max_length=64)]
    start: str = ""
    end: str = ""


@router.post(
    "/test",
    response_class=Response,
    openapi_extra=described(gives={"type": "string"}, media="application/x-ndjson"),
)
def post_alert_test(request: Request, asked: Asked) -> StreamingResponse:
    """When an alert rule would have fired within a range, evaluated anew over what is stored."""
    now_ns = time.time_ns()
    where = read_filter({"from": asked.start, "to": asked.end}, now_ns)
    to_ns = min(where.to_time or now_ns, now_ns)
    from_ns = to_ns - _WEEK_NS if where.from_time is None else where.from_time
    if from_ns >= to_ns:
        raise BadRequest("the range ends before it begins", "give a start that lies before the end, and not after now")
    group, rule = _known(request.app.state.evaluator.groups, asked.rule)
    lines = _lines(request.app.state.reader, group, rule, (from_ns, to_ns))
    return StreamingResponse(lines, media_type="application/x-ndjson")


def _known(groups: Sequence[Group], uid: str) -> tuple[Group, Rule]:
    for group in groups:
        for rule in group.rules:
            if rule.uid == uid:
                return group, rule
    raise NotFound(f"there is no rule {uid!r}", "GET /api/v1/alerts/rules lists them")


def _lines(reader: Reader, group: Group, rule: Rule, times: tuple[TimeNs, TimeNs]) -> Iterator[bytes]:
    last: Replayed | None = None
    try:
        for last in replay(reader, group, rule, DEFAULT_PROJECT, times):
            if last.evaluated % _TOLD_EVERY == 0:
                yield _line({"evaluated": last.evaluated, "evaluations": last.evaluations})
    except TelltaleError as error:
        yield _line({"done": True, "rule": rule.uid, "error": error.message, "hint": error.hint})
        return
    yield _line({"done": True, "rule": rule.uid, **_facts(rule, group, last), "start_ns": times[0], "end_ns": times[1]})


def _facts(rule: Rule, group: Group, last: Replayed | None) -> dict[str, Any]:
    return {
        "title": rule.title,
        "unit": rule.unit,
        "bound": rule.bound,
        "threshold": rule.threshold,
        "step_s": last.step_s if last else group.interval_s,
        "fired": [as_json(each) for each in last.fired] if last else [],
    }


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=json_default, option=orjson.OPT_APPEND_NEWLINE)
