"""OTLP over HTTP: negotiate, read, accept, wait for the disk, answer."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from telltale_collector.decode import Media
from telltale_collector.errors import BadRequest, TelltaleError, TooLarge, WrongMediaType
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.pipeline import Accepted, Intake, OtlpSignal
from telltale_collector.receive.body import read_body
from telltale_collector.receive.reply import failure, success
from telltale_collector.telemetry import Telemetry

router = APIRouter(tags=["OTLP"])


@router.post("/v1/traces")
async def traces(request: Request) -> Response:
    """Spans. 200 means: on disk."""
    return await _export(request, OtlpSignal.TRACES)


@router.post("/v1/logs")
async def logs(request: Request) -> Response:
    """GenAI log events, joined onto their spans; evaluation results become scores."""
    return await _export(request, OtlpSignal.LOGS)


@router.post("/v1/metrics")
async def metrics(request: Request) -> Response:
    """Metric points of GenAI instruments; others are counted and let go."""
    return await _export(request, OtlpSignal.METRICS)


async def _export(request: Request, signal: OtlpSignal) -> Response:
    telemetry: Telemetry = request.app.state.telemetry
    media = Media.PROTOBUF
    try:
        media = _media(request)
        body = await _body(request)
        with telemetry.accept_seconds.time():
            accepted = await _accept(request, signal, body, media)
        response = success(signal, accepted.checked, media)
    except TelltaleError as error:
        response = failure(error, media)
    telemetry.requests.labels(signal.value, str(response.status_code)).inc()
    return response


def _media(request: Request) -> Media:
    name = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        return Media(name)
    except ValueError as error:
        raise WrongMediaType(
            f"content type {name[:60]!r} is not OTLP", "send application/x-protobuf or application/json"
        ) from error


async def _body(request: Request) -> bytes:
    limit: int = request.app.state.settings.max_body_bytes
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes", "send smaller batches")
    try:
        return await read_body(request.stream(), request.headers.get("content-encoding", ""), limit)
    except ClientDisconnect as error:
        raise BadRequest("the sender went away before the body was whole") from error


async def _accept(request: Request, signal: OtlpSignal, body: bytes, media: Media) -> Accepted:
    intake: Intake = request.app.state.intake
    accepted = await run_in_threadpool(intake.accept, signal, DEFAULT_PROJECT, body, media)
    await asyncio.wrap_future(accepted.durable)
    return accepted
