"""What could not be stored: listed with its reason, given out as it came, carried again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.asked import asked_cursor, asked_limit
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json
from telltale_collector.api.shapes import TIME, list_of, object_of, shape_of
from telltale_collector.errors import NotFound
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.pipeline.carry_again import MOST, carry_again
from telltale_collector.store.dead_letters import DeadLetters
from telltale_collector.store.times import write_time

router = APIRouter(prefix="/api/v1/dead-letters", tags=["API"])

_LetterId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Chosen(BaseModel):
    """Which letters to carry again; without ids the oldest ones, at most 1,000."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[_LetterId], Field(max_length=MOST)] = []


_LETTER = object_of(
    {
        **{name: shape_of(str) for name in ("id", "signal", "reason")},
        "received_at": TIME,
        "size_bytes": shape_of(int),
    }
)


@router.get(
    "",
    openapi_extra=described(
        *("limit", "cursor"),
        gives=object_of({"dead_letters": list_of(_LETTER), "next_cursor": shape_of(str | None)}),
        links={
            "payload": {"operationId": "get_payload", "parameters": {"letter_id": "$response.body#/dead_letters/0/id"}}
        },
    ),
)
async def list_dead_letters(request: Request) -> Json:
    """Items that could not be stored, newest first."""
    limit = asked_limit(request, 100, 1000)
    page, cursor = await run_in_threadpool(
        _letters(request).page, DEFAULT_PROJECT, limit=limit, cursor=asked_cursor(request)
    )
    shown = [
        {
            "id": letter.letter_id,
            "signal": letter.signal,
            "reason": letter.reason,
            "received_at": write_time(letter.received_at),
            "size_bytes": letter.size_bytes,
        }
        for letter in page
    ]
    return Json({"dead_letters": shown, "next_cursor": cursor})


@router.get(
    "/{letter_id}/payload",
    response_class=Response,
    openapi_extra=described(gives={"type": "string", "format": "binary"}, media="application/x-protobuf"),
    operation_id="get_payload",
)
async def get_payload(request: Request, letter_id: str) -> Response:
    """The item as an OTLP export request in protobuf: post it to ``/v1/<signal>`` and it comes again."""
    found = await run_in_threadpool(_letters(request).whole, DEFAULT_PROJECT, [letter_id], 1)
    if letter_id not in found:
        raise NotFound(f"there is no dead letter {letter_id[:64]}", "it may have been carried again")
    headers = {"Content-Disposition": f'attachment; filename="{found[letter_id].signal}-{letter_id}.binpb"'}
    return Response(found[letter_id].payload, media_type="application/x-protobuf", headers=headers)


@router.post(
    "/retry", status_code=202, openapi_extra=described(status=202, gives=object_of({"carried": shape_of(int)}))
)
async def retry(request: Request, chosen: Chosen | None = None) -> Json:
    """Carry letters again. 202: they are in the write-ahead log and no letters any more; what fails is a new letter."""
    ids = chosen.ids if chosen else []
    carried = await run_in_threadpool(carry_again, _letters(request), request.app.state.intake, DEFAULT_PROJECT, ids)
    return Json({"carried": carried}, 202)


def _letters(request: Request) -> DeadLetters:
    letters: DeadLetters = request.app.state.dead_letters
    return letters
