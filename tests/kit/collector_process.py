"""A real collector in a process of its own, and what tests ask of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

START_LIMIT_S = 60
SETTLE_LIMIT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CollectorProcess:
    """``telltale up`` on a free port. Waits by asking, never by sleeping a fixed time.

    ``prefix``: a command that runs it (by ``exec``, so that the process stays the same).
    """

    def __init__(
        self, data_dir: Path, *options: str, port: int | None = None, environment: dict[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_name(f"{data_dir.name}.log")
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self._options = options
        self._environment = environment or {}
        self.prefix: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    def give(self, *options: str) -> None:
        """Further options, from the next start on."""
        self._options += options

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "CollectorProcess":
        if self.client.is_closed:  # it was stopped before
            self.client = httpx.Client(base_url=self.url, timeout=30)
        command = [*self.prefix, sys.executable, "-m", "telltale._cli", "up", "--port", str(self.port)]
        command += ["--data-dir", str(self.data_dir), *self._options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment() | self._environment)
        self.wait_for(self._is_ready, START_LIMIT_S, "the collector to be ready")
        return self

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.client.close()
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.client.close()
        if self._process is None or self._process.poll() is not None:
            return -1 if self._process is None else self._process.returncode
        self._process.terminate()
        return self._process.wait(timeout=30)

    def wait_for(self, condition, limit_s: float, what: str) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"the collector ended: {self.log.read_text()}")
            assert time.monotonic() < deadline, f"waited {limit_s} s for {what}: {self.log.read_text()}"
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    # --- what tests send and ask ------------------------------------------------------------------------------------

    def send(self, body: bytes, signal_name: str = "traces", **headers: str) -> httpx.Response:
        """POST OTLP protobuf; headers may say otherwise (``content_type="application/json"``)."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/v1/{signal_name}", content=body, headers={"content-type": "application/x-protobuf", **given}
        )

    def get(self, path: str, **params: object) -> dict:
        response = self.client.get(path, params={k.rstrip("_"): str(v) for k, v in params.items()})
        assert response.status_code == 200, response.text
        return response.json()

    def settle(self) -> None:
        """Wait until everything acknowledged is queryable."""

        def settled() -> bool:
            return self.get("/api/v1/stats")["wal_pending_spans"] == 0

        self.wait_for(settled, SETTLE_LIMIT_S, "the write-ahead log to drain")

    def trace(self, trace_id: str) -> dict:
        self.settle()
        return self.get(f"/api/v1/traces/{trace_id}")


READ_AHEAD = "TELLTALE_READ_AHEAD_SPANS"
"""The one setting that a run of tests may choose: with 1 every batch is read by another process."""


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELLTALE_", "OTEL_"))}
    if given := os.environ.get(READ_AHEAD):
        kept[READ_AHEAD] = given
    return kept | {"PYTHONUNBUFFERED": "1"}
