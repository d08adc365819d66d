"""Acknowledgements: somebody knows of an alert."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from telltale_collector.api.alert_desk import Who, Words, desk_of
from telltale_collector.api.described import described
from telltale_collector.api.encode import Json, as_json
from telltale_collector.api.shapes import list_of, object_of, shape_of
from telltale_collector.model import DEFAULT_PROJECT, Acknowledgement

router = APIRouter(prefix="/api/v1/alerts/acknowledgements", tags=["API"])

_ACKNOWLEDGEMENT = shape_of(Acknowledgement)


class NewAcknowledgement(BaseModel):
    """Which alert, by whom, and what they say."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: Annotated[str, Field(min_length=1, max_length=128)]
    created_by: Who = ""
    comment: Words = ""


@router.get("", openapi_extra=described(gives=object_of({"acknowledgements": list_of(_ACKNOWLEDGEMENT)})))
async def list_acknowledgements(request: Request) -> Json:
    """The newest of each alert."""
    found = await run_in_threadpool(desk_of(request).acknowledgements, DEFAULT_PROJECT)
    return Json({"acknowledgements": as_json(found)})


@router.post("", status_code=201, openapi_extra=described(status=201, gives=_ACKNOWLEDGEMENT))
async def post_acknowledgement(request: Request, known: NewAcknowledgement) -> Json:
    """Say that somebody knows of an alert that fires: it is not repeated, to its end. 201 means: on disk."""
    made = await run_in_threadpool(
        desk_of(request).acknowledge, DEFAULT_PROJECT, known.fingerprint, known.created_by, known.comment
    )
    return Json(as_json(made), 201)
