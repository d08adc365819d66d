"""Silences: alerts that are not told for a while."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.alert_desk import NewMatcher, Who, Words, desk_of, matchers_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.errors import BadRequest
from telltale_collector.model import DEFAULT_PROJECT, Silence, TimeNs
from telltale_collector.store.times import read_time

router = APIRouter(prefix="/api/v1/alerts/silences", tags=["API"])

_Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_Time = Annotated[str, Field(min_length=1, max_length=40)]
_SILENCE = shape_of(Silence)
_SECOND_NS = 1_000_000_000


class NewSilence(BaseModel):
    """A silence; from now where ``starts_at`` is not given. Its end: ``ends_at``, or so many seconds later."""

    model_config = ConfigDict(extra="forbid")

    matchers: Annotated[list[NewMatcher], Field(min_length=1, max_length=50)]
    starts_at: _Time | None = None
    ends_at: _Time | None = None
    duration_s: Annotated[int, Field(ge=60, le=366 * 86_400)] | None = None
    created_by: Who = ""
    comment: Words = ""


@router.get("", openapi_extra=described(gives=object_of({"silences": list_of(_SILENCE)})))
async def list_silences(request: Request) -> Json:
    """Silences that last, begin later, or ended in the last day; the newest first."""
    return Json({"silences": as_json(await run_in_threadpool(desk_of(request).silences, DEFAULT_PROJECT))})


@router.post("", status_code=201, openapi_extra=described(status=201, gives=_SILENCE))
async def post_silence(request: Request, silence: NewSilence) -> Json:
    """Silence the alerts whose labels match. What still fires at its end is told then. 201 means: on disk."""
    made = await run_in_threadpool(
        desk_of(request).silence,
        DEFAULT_PROJECT,
        matchers_of(silence.matchers),
        _times(silence, time.time_ns()),
        (silence.created_by, silence.comment),
    )
    return Json(as_json(made), 201)


@router.delete("/{silence_id}", openapi_extra=described(gives=object_of({"removed": shape_of(str)})))
async def delete_silence(request: Request, silence_id: _Id) -> Json:
    """End a silence now."""
    await run_in_threadpool(desk_of(request).remove_silence, DEFAULT_PROJECT, silence_id)
    return Json({"removed": silence_id})


def _times(silence: NewSilence, now_ns: TimeNs) -> tuple[TimeNs, TimeNs]:
    if (silence.ends_at is None) == (silence.duration_s is None):
        raise BadRequest("the silence needs one end", "give ends_at or duration_s")
    starts_at_ns = now_ns if silence.starts_at is None else read_time(silence.starts_at, now_ns)
    if silence.ends_at is not None:
        return starts_at_ns, read_time(silence.ends_at, now_ns)
    return starts_at_ns, min(2**63 - 1, starts_at_ns + (silence.duration_s or 0) * _SECOND_NS)
