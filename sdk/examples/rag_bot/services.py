"""The processes behind the demo: started, waited for until ready, ended with the demo."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
_POLL_S = 0.1
_LAST_LINES = 12
# No proxy: everything asked here is on this machine, or a collector that the user names.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class DemoError(Exception):
    """The demo cannot go on; the text says what failed and what to do."""


@contextmanager
def service(name: str, command: list[str], log: Path, env: Mapping[str, str] | None = None) -> Iterator[Service]:
    """A running process that ends with the block, or with this process, however that ends."""
    leashed = [sys.executable, str(HERE / "leash.py"), *command]
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends its processes in order.
        process = subprocess.Popen(  # noqa: S603 - the demo's own command
            leashed,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    try:
        yield Service(name, process, log)
    finally:
        _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


class Service:
    """A process that the demo started."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    def wait_until_ready(self, url: str, seconds: float = 60.0) -> None:
        """Return when ``url`` answers 200.

        Raises:
            DemoError: the process ended, or the time is over; with the last lines that it printed.
        """
        deadline = time.monotonic() + seconds
        while not answers(url):
            if self._process.poll() is not None:
                raise DemoError(f"the {self.name} did not start:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise DemoError(f"the {self.name} is not ready after {seconds:.0f} s:\n{self._last_lines()}")
            time.sleep(_POLL_S)

    def _last_lines(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join([*lines[-_LAST_LINES:], f"(all of it: {self._log})"])


def answers(url: str) -> bool:
    """Whether the URL answers with a status below 300."""
    try:
        with _open(url, timeout=5) as response:
            return bool(response.status < 300)
    except OSError:
        return False


def get_json(url: str) -> Any:
    """What the URL answers, parsed.

    Raises:
        DemoError: no answer, or an error; with its text.
    """
    key = os.environ.get("TELLTALE_API_KEY")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with _open(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise DemoError(f"GET {url} answered {error.code}: {error.read(500).decode(errors='replace')}") from error
    except OSError as error:
        raise DemoError(f"GET {url} failed: {error}") from error


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
