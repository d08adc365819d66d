"""History mended over HTTP: progress comes as one JSON object a line, the last one is the result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from telltale_collector.api.described import described
from telltale_collector.api.encode import as_json, json_default
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.pipeline.reprice import Repriced, reprice
from telltale_collector.store.filters import read_filter

router = APIRouter(prefix="/api/v1", tags=["API"])


class Asked(BaseModel):
    """Which spans, and whether to write. Times are RFC 3339 or relative."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    dry_run: bool = True
    start: str = ""
    end: str = ""
    model: str = ""


@router.post(
    "/reprice",
    response_class=Response,
    openapi_extra=described(gives={"type": "string"}, media="application/x-ndjson"),
)
def post_reprice(request: Request, asked: Asked) -> StreamingResponse:
    """Settle stored spans again with today's dialects and prices; ``dry_run`` (default) only says what would change."""
    where = read_filter({"from": asked.start, "to": asked.end, "model": asked.model}, time.time_ns())
    state = request.app.state
    pages = reprice(state.reader, state.settler, state.writer, DEFAULT_PROJECT, where, dry_run=asked.dry_run)
    return StreamingResponse(_lines(pages, dry_run=asked.dry_run), media_type="application/x-ndjson")


def _lines(pages: Iterator[Repriced], *, dry_run: bool) -> Iterator[bytes]:
    total = Repriced()
    for total in pages:
        yield _line({"spans": total.spans, "changed": total.changed})
    models = sorted(total.models.values(), key=lambda found: found.model or "")
    yield _line(
        {
            "done": True,
            "dry_run": dry_run,
            "spans": total.spans,
            "changed": total.changed,
            "models": [as_json(found) for found in models],
        }
    )


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=json_default, option=orjson.OPT_APPEND_NEWLINE)
