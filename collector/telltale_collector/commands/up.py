"""``telltale up``: start the collector."""

from __future__ import annotations

import argparse
import gc
import ipaddress
import logging
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace

import uvicorn

from telltale_collector.app import build
from telltale_collector.errors import StartError
from telltale_collector.receive.deadlines import Deadlines, protocol_with
from telltale_collector.settings import PREFIX, Settings, read_settings
from telltale_collector.telemetry import Telemetry

_BACKLOG = 4096
_MOST_FILES = 65_536
_OTHER_FILES = 4096
"""Kept for the store's parts and the write-ahead log: connections alone must not use up what they need."""
_FEWEST_CONNECTIONS = 256


def up(argv: Sequence[str]) -> int:
    """Start the collector, with its UI, on the embedded engine or a ClickHouse server."""
    options = vars(_parser().parse_args(list(argv)))
    try:
        with ExitStack() as closing:
            settings = read_settings(options)
            _check_host(settings.host)
            listener = _listen(settings)
            closing.callback(listener.close)
            _serve(settings, listener, closing)
    except StartError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"telltale up: {error.message}{hint}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale up", description=up.__doc__)
    for known in fields(Settings):
        default = "" if known.default in {None, ""} else f"; default {known.default}"
        parser.add_argument(
            "--" + known.name.replace("_", "-"),
            metavar=known.name.upper(),
            help=f"{known.metadata['help']} [{PREFIX}{known.name.upper()}{default}]".replace("%", "%%"),
        )
    return parser


def _check_host(host: str) -> None:
    """Prompts hold people's secrets: without keys nothing but loopback may see them."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise StartError(
            f"address {host} is not loopback, and this collector has no keys to protect what it holds",
            "use --host 127.0.0.1 and put an authenticating proxy in front",
        )


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(
            f"port {settings.port} on {settings.host} is taken or not allowed: {error.strerror}",
            "choose another with --port",
        ) from error
    return listener


def _serve(settings: Settings, listener: socket.socket, closing: ExitStack) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    app = build(replace(settings, public_url=settings.public_url or address), closing)
    _collect_less_often()
    config = uvicorn.Config(
        app,
        http=protocol_with(_deadlines(settings, app.state.telemetry)),
        ws="none",
        timeout_keep_alive=settings.idle_timeout_s,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    store = "embedded engine" if not settings.clickhouse else "ClickHouse server"
    print(f"Telltale is up at {address}  (data in {settings.data_dir}, {store})", flush=True)
    _Server(config).run(sockets=[listener])


def _deadlines(settings: Settings, telemetry: Telemetry) -> Deadlines:
    return Deadlines(
        header_s=settings.header_timeout_s,
        answer_s=settings.answer_timeout_s,
        discarded_bytes=2 * settings.max_body_bytes,
        connections=max(_raise_file_limit() - _OTHER_FILES, _FEWEST_CONNECTIONS),
        on_cut=lambda reason: telemetry.refusals.labels(reason).inc(),
    )


def _collect_less_often() -> None:
    """A batch is half a million objects without a circle among them: looking for circles took a third of the time.

    Only the youngest are looked at often; what outlives them once in five million new objects, all in fifty million.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 100, 10)


def _raise_file_limit() -> int:
    """As many open files as this process may have: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if most == resource.RLIM_INFINITY else most
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class _Server(uvicorn.Server):
    """Ends at SIGINT and SIGTERM like a function: the caller then closes what it opened, and exits with 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {ends: signal.signal(ends, self.handle_exit) for ends in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for ends, handler in before.items():
                signal.signal(ends, handler)
