"""Receivers of alerts: who is told, and how they fare."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.alert_desk import Matchers, desk_of, matchers_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.model import DEFAULT_PROJECT, Receiver, ReceiverStatus

router = APIRouter(prefix="/api/v1/alerts/receivers", tags=["API"])

_Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_Word = Annotated[str, Field(min_length=1, max_length=64)]
_STATUS = shape_of(ReceiverStatus)


class NewReceiver(BaseModel):
    """A receiver. ``address``: a URL of a public host; of ``email``: addresses with commas between them."""

    model_config = ConfigDict(extra="forbid")

    channel: _Word
    address: Annotated[str, Field(min_length=3, max_length=2048)]
    severities: Annotated[list[_Word], Field(max_length=20)] = []
    matchers: Matchers = []
    repeat_s: Annotated[int, Field(ge=60, le=30 * 86_400)] = 4 * 3600
    send_resolved: bool = True


@router.get("", openapi_extra=described(gives=object_of({"receivers": list_of(_STATUS)})))
async def list_receivers(request: Request) -> Json:
    """Who is told of alerts: how, of which, and whether they take it. Secrets in addresses are not shown."""
    found = await run_in_threadpool(desk_of(request).receivers, DEFAULT_PROJECT)
    return Json({"receivers": as_json(found)})


@router.get("/{name}", openapi_extra=described(gives=_STATUS))
async def get_receiver(request: Request, name: _Name) -> Json:
    """One receiver."""
    return Json(as_json(await run_in_threadpool(desk_of(request).receiver, DEFAULT_PROJECT, name)))


@router.put("/{name}", openapi_extra=described(gives=_STATUS))
async def put_receiver(request: Request, name: _Name, receiver: NewReceiver) -> Json:
    """Make a receiver, or replace the one of that name. 200 means: on disk."""
    made = Receiver(
        project=DEFAULT_PROJECT,
        name=name,
        channel=receiver.channel,
        address=receiver.address,
        severities=tuple(receiver.severities),
        matchers=matchers_of(receiver.matchers),
        repeat_s=receiver.repeat_s,
        send_resolved=receiver.send_resolved,
    )
    return Json(as_json(await run_in_threadpool(desk_of(request).put_receiver, made)))


@router.delete("/{name}", openapi_extra=described(gives=object_of({"removed": shape_of(str)})))
async def delete_receiver(request: Request, name: _Name) -> Json:
    """Remove a receiver."""
    await run_in_threadpool(desk_of(request).remove_receiver, DEFAULT_PROJECT, name)
    return Json({"removed": name})


@router.post("/{name}/test", openapi_extra=described(gives=object_of({"taken": shape_of(bool), "said": shape_of(str)})))
async def test_receiver(request: Request, name: _Name) -> Json:
    """Send a message that says it is a test: whether it was taken, and what came back."""
    taken, said = await run_in_threadpool(desk_of(request).test_receiver, DEFAULT_PROJECT, name)
    return Json({"taken": taken, "said": said})
