"""A real Alertmanager (Debian's prometheus-alertmanager) with short intervals, in a process of its own."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
from collector_process import free_port

BINARY = "prometheus-alertmanager"
START_LIMIT_S = 30

_CONFIG = """
route:
  receiver: hook
  group_by: [rule, project]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: {repeat}
inhibit_rules:
  - source_matchers: ['severity="page"']
    target_matchers: ['severity="ticket"']
    equal: [project]
receivers:
  - name: hook
    webhook_configs:
      - url: {hook}
        send_resolved: true
"""


class AlertmanagerProcess:
    """Tells ``hook`` what it is told. Waits by asking."""

    def __init__(self, folder: Path, hook: str, repeat: str = "1h") -> None:
        folder.mkdir()
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "config.yml").write_text(_CONFIG.format(hook=hook, repeat=repeat))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "AlertmanagerProcess":
        found = shutil.which(BINARY)
        assert found, f"install {BINARY} (Debian: apt-get install {BINARY})"
        command = [found, f"--config.file={self._folder / 'config.yml'}", f"--storage.path={self._folder / 'data'}"]
        command += ["--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{self.port}"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """As an operator does: it writes down what it told; what it is telling just now ends first, or comes again."""
        if self._process is None or self._process.poll() is not None:
            return
        deadline = time.monotonic() + START_LIMIT_S
        while self._is_telling():
            assert time.monotonic() < deadline, "Alertmanager does not end a message"
            time.sleep(0.05)
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def alerts(self) -> list[dict[str, Any]]:
        """Those that are not over."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/alerts", timeout=10).json()
        return found

    def _is_telling(self) -> bool:
        """Whether a message was begun that was not answered yet, by its own count."""
        begun, answered = (
            sum(float(line.rsplit(" ", 1)[1]) for line in self._metrics() if line.startswith(f"{name}{{"))
            for name in ("alertmanager_notifications_total", "alertmanager_notification_requests_total")
        )
        return begun > answered

    def _metrics(self) -> list[str]:
        return httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
