"""A collector's stand-in that receives OTLP, and programs run in processes of their own."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telltale import testing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

FORK_WARNING = "This process"  # Python 3.12 and later warn of a fork beside threads, which is what some tests do


class QuietServer(ThreadingHTTPServer):
    """A client that leaves in the middle is part of many tests, and nothing to print."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None: ...


class Loopback:
    """A threaded HTTP server on a free loopback port."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        self._server = QuietServer(("127.0.0.1", port), handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Collector:
    """Receives OTLP over HTTP and keeps it decoded. ``answers``: scripted (status, headers, body), then
    200."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.hangs = threading.Event()
        self.hangs.set()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html>please log in</html>")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                owner.hangs.wait(30)
                status, headers, answer = owner.answers.popleft() if owner.answers else (200, {}, b"")
                if status == 200:
                    owner.requests.append((self.path, dict(self.headers), gzip.decompress(body)))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

        self._handler = Handler
        self._loopback: Loopback | None = Loopback(Handler)
        self.port = self._loopback.port
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.hangs.set()
        if self._loopback is not None:
            self._loopback.close()
        self._loopback = None

    def start(self) -> None:
        self._loopback = Loopback(self._handler, self.port)

    def _bodies(self, path: str) -> list[bytes]:
        return [body for where, _, body in list(self.requests) if where == path]

    @property
    def traces(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self._bodies("/v1/traces")]

    @property
    def spans(self) -> list[Span]:
        return [s for t in self.traces for r in t.resource_spans for scope in r.scope_spans for s in scope.spans]

    @property
    def resources(self) -> list[dict[str, str]]:
        resources = [r.resource for t in self.traces for r in t.resource_spans]
        return [{a.key: a.value.string_value for a in r.attributes} for r in resources]

    @property
    def logs(self) -> list[LogRecord]:
        requests = [ExportLogsServiceRequest.FromString(body) for body in self._bodies("/v1/logs")]
        return [log for q in requests for r in q.resource_logs for scope in r.scope_logs for log in scope.log_records]


@pytest.fixture
def loopback() -> type[Loopback]:
    """For other servers of the tests."""
    return Loopback


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.stop()


@pytest.fixture
def dead_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def captured() -> Iterator[testing.Captured]:
    with testing.capture() as result:
        yield result


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The texts of warnings so far."""
    caplog.set_level(logging.WARNING, "telltale")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "telltale"]


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait, with a deadline, for something that another thread or process does."""

    def wait(is_so: Callable[[], bool], within_s: float = 10.0) -> None:
        deadline = time.monotonic() + within_s
        tick = threading.Event()
        while not is_so():
            assert time.monotonic() < deadline, "it did not happen in time"
            tick.wait(0.01)

    return wait


@pytest.fixture
def run_app(tmp_path: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in a process of its own, with the environment that is given and a spool in the test's folder."""

    def run(code: str, timeout_s: float = 30.0, **environ: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "app.py"
        path.write_text(code)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))}
        return subprocess.run(
            [sys.executable, "-W", "error", "-W", f"ignore:{FORK_WARNING}:DeprecationWarning", str(path)],
            env={**clean, "TELLTALE_SPOOL_DIR": str(tmp_path / "spool"), **environ},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    return run
