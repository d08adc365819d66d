"""The servers that Python applications run in, with their own ways of forking, signalling and ending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from collector_process import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REQUESTS = 40
TASKS = 10
GUNICORN = ["gunicorn", "--workers", "2", "--graceful-timeout", "5", "--log-level", "warning"]
UVICORN = ["uvicorn", "--log-level", "warning"]
WEB = {
    "gunicorn": [*GUNICORN, "--bind", "127.0.0.1:{port}", "web:wsgi"],
    "gunicorn, preloaded": [*GUNICORN, "--preload", "--bind", "127.0.0.1:{port}", "web:wsgi"],
    "gunicorn, workers recycled": [*GUNICORN, "--max-requests", "5", "--bind", "127.0.0.1:{port}", "web:wsgi"],
    "gunicorn, gevent": [*GUNICORN, "-k", "gevent", "--bind", "127.0.0.1:{port}", "web:wsgi"],
    "uvicorn": [*UVICORN, "--port", "{port}", "web:asgi"],
    "uvicorn, two workers": [*UVICORN, "--workers", "2", "--port", "{port}", "web:asgi"],
}


@contextmanager
def _running(apps: Any, url: str, command: list[str], folder: Path, **environ: str) -> Iterator[Any]:
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=apps.folder,
            env=apps.environ | {"TELLTALE_ENDPOINT": url, "PYTHONDONTWRITEBYTECODE": "1"} | environ,
            stdout=output,
            stderr=output,
        )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert "telltale" not in log.read_text()


@pytest.mark.parametrize("server", WEB)
def test_every_request_to_a_server_is_delivered(
    apps: Any,
    collector: Any,
    names_in: Callable[..., Counter[str]],
    eventually: Callable[..., None],
    tmp_path: Path,
    server: str,
) -> None:
    port = free_port()
    command = [part.format(port=port) for part in WEB[server]]
    with _running(apps, collector.url, command, tmp_path), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        eventually(lambda: _answers(client), within_s=30)
        for number in range(REQUESTS):
            assert client.get(f"/{number}").status_code == 200
    apps.deliver_what_is_left(collector.url)
    names = names_in(collector)
    assert [number for number in range(REQUESTS) if names[f"request /{number}"] != 1] == []
    assert (names["imported"] == 1) == (server in {"gunicorn, preloaded", "uvicorn"})  # else each process imports it


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("options", [[], ["--max-tasks-per-child", "1"]], ids=["kept", "recycled"])
def test_every_celery_task_is_delivered(
    apps: Any,
    collector: Any,
    names_in: Callable[..., Counter[str]],
    eventually: Callable[..., None],
    tmp_path: Path,
    options: list[str],
) -> None:
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    environ = {"BROKER_FOLDER": str(tmp_path), "C_FORCE_ROOT": "1"}
    send = f"import tasks\nfor number in range({TASKS}): tasks.work.delay(number)"
    subprocess.run(
        [sys.executable, "-c", send],
        cwd=apps.folder,
        env={**os.environ, **environ, "TELLTALE_DISABLED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    command = ["celery", "-A", "tasks", "worker", "-P", "prefork", "-c", "2", "--loglevel", "ERROR", *options]
    with _running(apps, collector.url, command, tmp_path, **environ):
        eventually(lambda: not list((tmp_path / "queue").iterdir()), within_s=60)
    apps.deliver_what_is_left(collector.url)
    assert names_in(collector) == Counter(f"task {number}" for number in range(TASKS))


def test_greenlets_and_their_forks_are_delivered(
    apps: Any, collector: Any, names_in: Callable[..., Counter[str]]
) -> None:
    with apps.start(collector.url, "greenlets") as app:
        assert app.end() == 0, app.err
    apps.deliver_what_is_left(collector.url)
    greenlets = [f"greenlet {number}" for number in range(50)]
    assert names_in(collector) == Counter([*greenlets, "child", "after the fork"])
