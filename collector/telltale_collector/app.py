"""The composition root: everything is made, wired and ended here."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from telltale_collector import api, web
from telltale_collector.alerts.desk import Desk
from telltale_collector.alerts.evaluator import Evaluator, Sources
from telltale_collector.alerts.message import Links
from telltale_collector.alerts.notifier import Notifier
from telltale_collector.alerts.own_rules import load_rules
from telltale_collector.alerts.views import Watch
from telltale_collector.api.encode import Json
from telltale_collector.enrich import PriceTable, load_user_prices
from telltale_collector.errors import StartError, TelltaleError
from telltale_collector.pipeline import Intake, Ledger, ReadAhead, SettleLoop, Settler
from telltale_collector.receive import otlp_http
from telltale_collector.receive.admission import Admission
from telltale_collector.receive.otlp_grpc import GrpcReceiver
from telltale_collector.settings import Settings
from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.store.alerts import Alerts
from telltale_collector.store.budgets import Budgets
from telltale_collector.store.client import Client
from telltale_collector.store.dead_letters import DeadLetters
from telltale_collector.store.ledger import LedgerTable
from telltale_collector.store.migrate import migrate
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import RolledHours
from telltale_collector.store.roller import Roller
from telltale_collector.store.writer import Writer
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal import Wal
from telltale_collector.web.notice import notice_of

log = logging.getLogger("telltale")

_STOP_GRACE_S = 2.0
"""How long a stop lets a request to a server finish; what it was for is still in the log."""

LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs in one collector; routes and pages find each as ``app.state.<name>``."""

    settings: Settings
    telemetry: Telemetry
    wal: Wal
    intake: Intake
    ledger: Ledger
    admission: Admission
    otlp_http: otlp_http.OtlpHttp
    settler: Settler
    settle_loop: SettleLoop
    writer: Writer
    reader: Reader
    rolled: RolledHours
    dead_letters: DeadLetters
    prices: PriceTable
    budgets: Budgets
    evaluator: Evaluator
    notifier: Notifier
    alert_desk: Desk
    watch: Watch


def build(settings: Settings, closing: ExitStack) -> FastAPI:
    """The application, its parts open and running; ``closing`` ends them in reverse order.

    Raises:
        StartError: the data folder, the store or a file cannot be used; the text says what to do.
    """
    parts = _open(settings, closing)
    app = FastAPI(title="Telltale", docs_url=None, redoc_url=None)
    for part in fields(parts):
        setattr(app.state, part.name, getattr(parts, part.name))
    app.include_router(otlp_http.router)
    for router in api.routers:
        app.include_router(router, responses=api.ERRORS)
    web.mount(app, partial(notice_of, parts.wal, parts.settle_loop))
    app.add_exception_handler(TelltaleError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_malformed)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_middleware(otlp_http.OtlpRoutes)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    return app


def _open(settings: Settings, closing: ExitStack) -> Parts:
    prices = PriceTable(load_user_prices(settings.price_file) if settings.price_file else None)
    rules = load_rules(settings.alert_rules)
    _claim(settings, closing)
    client = Client(settings.dsn, timeout_s=settings.store_timeout_s)
    closing.callback(client.close)
    migrate(client)
    rolled = RolledHours(client)
    rolled.load()
    wal = _open_wal(settings)
    closing.callback(wal.close)
    telemetry, reader, writer = Telemetry(), Reader(client), Writer(client, rolled)
    ahead = ReadAhead(prices, lambda: client.column_types("spans"), settings.read_ahead_spans)
    settler = Settler(reader, prices, ahead, alone=client.is_embedded)  # the folder's lock keeps others out
    ledger = _open_ledger(client, wal)
    loop = SettleLoop(wal, settler, writer, ledger, telemetry, settings)
    intake = Intake(wal, telemetry, ledger, loop.pace)
    admission = Admission(settings.memory_budget_bytes, lambda reason: telemetry.refusals.labels(reason).inc())
    sources = Sources(reader, Alerts(client, reader), Budgets(client, reader))
    evaluator = Evaluator(rules, sources, telemetry, Links(settings.public_url.rstrip("/")))
    notifier = Notifier(evaluator.messages, AlertDelivery(client, reader), telemetry, settings)
    evaluator.wake = notifier.wake
    threads: list[SettleLoop | Roller | GrpcReceiver | Notifier | Evaluator] = [loop, Roller(rolled)]
    threads += [notifier, evaluator] if settings.alerts == "on" else []
    threads += _grpc(settings, intake, admission, telemetry)
    for thread in threads:
        thread.start()
        closing.callback(thread.stop)
    closing.callback(client.end_after, _STOP_GRACE_S)
    return Parts(
        settings=settings,
        telemetry=telemetry,
        wal=wal,
        intake=intake,
        ledger=ledger,
        admission=admission,
        otlp_http=otlp_http.OtlpHttp(intake, admission, telemetry, settings.max_body_bytes),
        settler=settler,
        settle_loop=loop,
        writer=writer,
        reader=reader,
        rolled=rolled,
        dead_letters=DeadLetters(client, reader),
        prices=prices,
        budgets=sources.budgets,
        evaluator=evaluator,
        notifier=notifier,
        alert_desk=notifier.desk,
        watch=Watch(evaluator, sources.alerts, notifier.desk, time.time_ns),
    )


def _claim(settings: Settings, closing: ExitStack) -> None:
    """Make the data folder and lock it: a second collector would corrupt the log."""
    folder = settings.data_dir
    hint = "choose another with --data-dir"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(f"the data folder {folder} cannot be written: {error.strerror}", hint) from error
    closing.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StartError(f"the data folder {folder} is in use by another collector", hint) from error


def _grpc(settings: Settings, intake: Intake, admission: Admission, telemetry: Telemetry) -> list[GrpcReceiver]:
    """GRPC where it was asked for; on its usual port only if that is free, which is no reason not to start."""
    if settings.grpc_address is None:
        return []
    try:
        return [GrpcReceiver(intake, admission, telemetry, settings.grpc_address, settings.max_body_bytes)]
    except StartError as error:
        if settings.grpc_port:
            raise
        log.warning("started without gRPC: %s (%s)", error.message, error.hint)
        return []


def _open_wal(settings: Settings) -> Wal:
    folder = settings.data_dir / "wal"
    try:
        return Wal(folder, budget_bytes=settings.wal_budget_bytes)
    except OSError as error:
        raise StartError(f"the write-ahead log {folder} cannot be opened: {error}") from error


def _open_ledger(client: Client, wal: Wal) -> Ledger:
    """Before anything arrives and anything is settled."""
    ledger = Ledger(LedgerTable(client, wal.id))
    ledger.load()
    for end, record in wal.waiting():
        ledger.found(end, record)
    return ledger


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TelltaleError)
    body = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    response = Json(body, error.status)
    if error.status == 503:
        response.headers["Retry-After"] = "1"
    return response


async def _refuse_http(_request: Request, error: Exception) -> Response:
    """What the framework itself refuses (a wrong method, unreadable JSON), in the API's form."""
    assert isinstance(error, HTTPException)
    body = {"error": {"code": "refused", "message": str(error.detail).lower(), "hint": ""}}
    response = Json(body, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _refuse_malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in error.errors()]
    return Json({"error": {"code": "bad_request", "message": "; ".join(faults)[:2000], "hint": ""}}, 400)
