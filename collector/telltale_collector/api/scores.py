"""Scores over HTTP. A posted score becomes an OpenTelemetry evaluation event, and goes the way of all telemetry."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from telltale import semconv as names
from telltale_collector.api.asked import asked_filter, asked_limit, reader_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.decode import Media
from telltale_collector.errors import BadRequest
from telltale_collector.model import DEFAULT_PROJECT, Score
from telltale_collector.pipeline import Intake, OtlpSignal
from telltale_collector.store.cursors import END_OF_TIME

router = APIRouter(prefix="/api/v1", tags=["API"])

_TraceId = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$")]
_SpanId = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{16}$")]
_Text = Annotated[str, Field(min_length=1, max_length=256)]


class NewScore(BaseModel):
    """A score to store. It belongs to a trace (and one of its spans), or to a session; it has a value or a label."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: _Text
    value: float | bool | None = None
    label: _Text | None = None
    comment: Annotated[str, Field(max_length=65_536)] | None = None
    trace_id: _TraceId | None = None
    span_id: _SpanId | None = None
    session_id: _Text | None = None
    source: Literal["human", "judge", "code", "guard", "user"] = "user"
    author: _Text | None = None
    evaluator_version: _Text | None = None
    score_id: _Text | None = None

    @model_validator(mode="after")
    def _belongs_and_says_something(self) -> NewScore:
        if self.trace_id is None and self.session_id is None:
            raise ValueError("give trace_id or session_id: a score belongs to something")
        if self.span_id is not None and self.trace_id is None:
            raise ValueError("give trace_id with span_id")
        if self.value is None and self.label is None:
            raise ValueError("give value or label: a score says something")
        return self


@router.post(
    "/scores",
    status_code=201,
    openapi_extra=described(
        status=201,
        gives=object_of({"score_id": shape_of(str)}),
        links={"scores": {"operationId": "list_scores", "parameters": {"name": "$request.body#/name"}}},
    ),
)
async def post_score(request: Request, score: NewScore) -> Json:
    """Store one score. The same ``score_id`` again replaces it. 201 means: on disk."""
    intake: Intake = request.app.state.intake
    score_id = score.score_id or uuid.uuid4().hex
    body = _as_event(score, score_id).SerializeToString()
    accepted = await run_in_threadpool(intake.accept, OtlpSignal.LOGS, DEFAULT_PROJECT, body, Media.PROTOBUF)
    if accepted.checked.rejects:
        raise BadRequest(f"the score cannot be stored: {accepted.checked.message}")
    await asyncio.wrap_future(accepted.durable)
    return Json({"score_id": score_id}, 201)


@router.get(
    "/scores",
    openapi_extra=described(
        *("from", "to", "trace_id", "session_id", "name", "limit"),
        gives=object_of({"scores": list_of(shape_of(Score))}),
    ),
    operation_id="list_scores",
)
async def list_scores(request: Request) -> Json:
    """Scores, newest first, by trace_id, session_id, name and time."""
    where = asked_filter(request)
    texts = {
        "trace_id": where.trace_id or "",
        "session_id": where.session_id or "",
        "name": where.name or "",
    }
    times = (where.from_time or 0, where.to_time or END_OF_TIME)
    limit = asked_limit(request, 100, 10_000)
    found = await run_in_threadpool(reader_of(request).scores, DEFAULT_PROJECT, texts, times, limit)
    return Json({"scores": as_json(found)})


def _as_event(score: NewScore, score_id: str) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    log = request.resource_logs.add().scope_logs.add().log_records.add()
    log.event_name = names.EVALUATION_EVENT
    log.time_unix_nano = time.time_ns()
    log.trace_id = bytes.fromhex(score.trace_id or "")
    log.span_id = bytes.fromhex(score.span_id or "")
    texts = {
        names.EVALUATION_NAME: score.name,
        names.EVALUATION_LABEL: score.label,
        names.EVALUATION_EXPLANATION: score.comment,
        names.SCORE_ID: score_id,
        names.SCORE_SOURCE: score.source,
        names.SCORE_AUTHOR: score.author,
        names.SCORE_EVALUATOR_VERSION: score.evaluator_version,
        names.SESSION_ID: score.session_id,
    }
    for key, value in texts.items():
        if value is not None:
            log.attributes.add(key=key).value.string_value = value
    if score.value is not None:
        log.attributes.add(key=names.EVALUATION_VALUE).value.double_value = float(score.value)
    return request
