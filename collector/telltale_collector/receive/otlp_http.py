"""OTLP over HTTP: negotiate, admit, read, accept, wait for the disk, answer.

``OtlpRoutes`` answers ahead of the framework, whose routing and validation would cost more than all the rest of a
small request. The routes below give the same answers the framework's way: for the OpenAPI document, and where the app
is built without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from telltale_collector.decode import Media
from telltale_collector.errors import TelltaleError, TooLarge, WrongMediaType
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.pipeline import Accepted, Intake, OtlpSignal
from telltale_collector.receive.admission import Admission
from telltale_collector.receive.body import HEAVY, read_body
from telltale_collector.receive.described import described
from telltale_collector.receive.durable import DurableWaits
from telltale_collector.receive.reply import Answer, failure, success
from telltale_collector.telemetry import Telemetry

router = APIRouter(tags=["OTLP"])

_SIGNALS = {f"v1/{signal.value}": signal for signal in OtlpSignal}
"""By path without slashes around it: exporters put one too many between their endpoint and what follows."""
_INLINE_BYTES = {Media.PROTOBUF: 1 << 20, Media.JSON: 32 << 10}
"""Bodies up to this size are checked where they are read (a few milliseconds); larger ones in a thread."""


@router.post("/v1/traces", openapi_extra=described("resourceSpans", "rejectedSpans"))
async def traces(request: Request) -> Response:
    """Spans. 200 means: on disk."""
    return await _respond(request, OtlpSignal.TRACES)


@router.post("/v1/logs", openapi_extra=described("resourceLogs", "rejectedLogRecords"))
async def logs(request: Request) -> Response:
    """GenAI log events, joined onto their spans; evaluation results become scores."""
    return await _respond(request, OtlpSignal.LOGS)


@router.post("/v1/metrics", openapi_extra=described("resourceMetrics", "rejectedDataPoints"))
async def metrics(request: Request) -> Response:
    """Metric points of GenAI instruments; others are counted and let go."""
    return await _respond(request, OtlpSignal.METRICS)


async def _respond(request: Request, signal: OtlpSignal) -> Response:
    receiver: OtlpHttp = request.app.state.otlp_http
    answer = await receiver.answer(signal, request.scope, request.receive)
    return Response(answer.body, answer.status, dict(answer.headers))


class OtlpRoutes:
    """ASGI middleware: POST to an OTLP path is answered here, everything else further in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        signal = _SIGNALS.get(scope.get("path", "").strip("/")) if scope.get("method") == "POST" else None
        if signal is None:
            await self._app(scope, receive, send)
            return
        receiver: OtlpHttp = scope["app"].state.otlp_http
        answer = await receiver.answer(signal, scope, receive)
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


@dataclass(slots=True)
class _Head:
    """What the headers of a request say."""

    content_type: str = ""
    encoding: str = ""
    length: str = ""


class OtlpHttp:
    """Answers OTLP requests."""

    def __init__(self, intake: Intake, admission: Admission, telemetry: Telemetry, max_body_bytes: int) -> None:
        self._intake = intake
        self._admission = admission
        self._telemetry = telemetry
        self._max_body_bytes = max_body_bytes
        self._waits = DurableWaits()

    async def answer(self, signal: OtlpSignal, scope: Scope, receive: Receive) -> Answer:
        """Read one request and do what it asks; every fault has its answer."""
        media = Media.PROTOBUF
        try:
            head = _head(scope["headers"])
            media = _media(head.content_type)
            accepted = await self._take(signal, _sender(scope), head, media, receive)
            answer = success(signal, accepted.checked, media)
        except TelltaleError as error:
            answer = failure(error, media)
        self._telemetry.requests.labels(signal.value, str(answer.status)).inc()
        return answer

    async def _take(self, signal: OtlpSignal, sender: str, head: _Head, media: Media, receive: Receive) -> Accepted:
        """The charge is held until the record is on disk: the log keeps it in memory so long."""
        self._intake.check_room()
        announced = int(head.length[:18]) if head.length.isascii() and head.length.isdigit() else 0
        if announced > self._max_body_bytes:
            raise TooLarge(f"the body is larger than {self._max_body_bytes} bytes", "send smaller batches")
        with self._admission.open(sender, announced) as charge:
            body = await read_body(receive, head.encoding, self._max_body_bytes, charge)
            with self._telemetry.accept_seconds.time():
                accepted = await self._accept(signal, body, media)
                del body
                await self._waits.wait(accepted.durable)
        if delay_s := self._intake.pace.delay_s():
            await asyncio.sleep(delay_s)
        return accepted

    async def _accept(self, signal: OtlpSignal, body: bytes, media: Media) -> Accepted:
        if len(body) <= _INLINE_BYTES[media]:
            return self._intake.accept(signal, DEFAULT_PROJECT, body, media)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(HEAVY, self._intake.accept, signal, DEFAULT_PROJECT, body, media)


def _head(headers: Iterable[tuple[bytes, bytes]]) -> _Head:
    head = _Head()
    for name, value in headers:
        if name == b"content-type":
            head.content_type = value.decode("latin-1")
        elif name == b"content-encoding":
            head.encoding = value.decode("latin-1")
        elif name == b"content-length":
            head.length = value.decode("latin-1")
    return head


def _media(content_type: str) -> Media:
    name = content_type.split(";", maxsplit=1)[0].strip().lower()
    try:
        return Media(name)
    except ValueError as error:
        raise WrongMediaType(
            f"content type {name[:60]!r} is not OTLP", "send application/x-protobuf or application/json"
        ) from error


def _sender(scope: Scope) -> str:
    """Who shares the memory with the others: the address that the request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""
