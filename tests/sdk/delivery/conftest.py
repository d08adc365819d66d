"""Applications as processes, the spool they share, and what a collector has of them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from chaos_proxy import NO_FAULTS, ChaosProxy
from collector_process import CollectorProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APPS = Path(__file__).parents[1] / "apps"
FORK_WARNING = "This process"


class App:
    """A program of ``tests/sdk/apps`` that runs."""

    def __init__(self, environ: dict[str, str], name: str, *arguments: object) -> None:
        flags = ["-X", "faulthandler", "-W", f"ignore:{FORK_WARNING}:DeprecationWarning"]
        command = [sys.executable, *flags, str(APPS / f"{name}.py")]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environ,
            start_new_session=True,
        )
        self.out = ""
        self.err = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    @property
    def pid(self) -> int:
        return self.process.pid

    def first_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.out += line
        return line.strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def _kill_all(self) -> None:
        """With its children, who hold its output open, too. Each first says where it stands."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGABRT)

    def end(self, timeout_s: float = 60.0) -> int:
        """Close its input, wait for its end and for that of its children; the exit code. Those that stay are killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.stdout.closed:
            return self.process.returncode
        watchdog = threading.Timer(timeout_s, self._kill_all)
        watchdog.start()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        with self.process.stdout as output:
            self.out += output.read()  # to the end: not `communicate`, which forgets what was read ahead
        self.process.wait()
        watchdog.cancel()
        with self._errors as errors:
            errors.seek(0)
            self.err = errors.read()
        return self.process.returncode


class Apps:
    """Starts programs that share one spool."""

    folder = APPS

    def __init__(self, spool: Path) -> None:
        self.spool = spool
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))}
        self.environ |= {"TELLTALE_SPOOL_DIR": str(spool)}

    def start(self, url: str, name: str, *arguments: object, **environ: str) -> App:
        return App(self.environ | {"TELLTALE_ENDPOINT": url} | environ, name, *arguments)

    def run(self, url: str, name: str, *arguments: object, **environ: str) -> App:
        with self.start(url, name, *arguments, **environ) as app:
            app.end()
        return app

    def left(self) -> list[Path]:
        """The files with something in them that wait for the next process."""
        return [path for path in self.spool.glob("*/*.otlp") if path.stat().st_size > 400]

    def deliver_what_is_left(self, url: str) -> None:
        """Other processes come and go until nothing is left."""
        for _ in range(50):
            if not list(self.spool.glob("*-*")):
                return
            assert self.run(url, "bystander").err == ""
        left = {path: path.read_bytes()[:200] for path in self.spool.glob("*/*")}
        raise AssertionError(f"something stays in the spool: {left}, locks: {Path('/proc/locks').read_text()}")


@pytest.fixture
def apps(tmp_path: Path) -> Apps:
    return Apps(tmp_path / "spool")


@pytest.fixture(scope="session")
def real_collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """Telltale's own, shared: use a trace of your own."""
    running = CollectorProcess(tmp_path_factory.mktemp("delivery") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def network(real_collector: CollectorProcess) -> Iterator[ChaosProxy]:
    """The way to the real collector, which can be broken."""
    proxy = ChaosProxy(real_collector.port).start()
    yield proxy
    proxy.break_with(NO_FAULTS)
    proxy.stop()


@pytest.fixture
def spans_of(real_collector: CollectorProcess) -> Callable[[str], list[str]]:
    """The span ids of a trace, as the collector's API gives them out."""

    def ids(trace_id: str) -> list[str]:
        real_collector.settle()
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = real_collector.get("/api/v1/spans", trace_id=trace_id, limit=10000, fields="span_id", **cursor)
            found += [span["span_id"] for span in page["spans"]]
            if not page.get("next_cursor"):
                return found
            cursor = {"cursor": page["next_cursor"]}

    return ids


@pytest.fixture
def names_in() -> Callable[[Any], Counter[str]]:
    """How often a stand-in collector has received a span of each name; those sent twice count once, as in ours."""

    def names(collector: Any) -> Counter[str]:
        return Counter(name for name, _ in {(span.name, span.span_id) for span in collector.spans})

    return names


@pytest.fixture
def chance() -> random.Random:
    """Draws from a seed that is printed and can be given: ``TELLTALE_SEED``."""
    seed = int(os.environ.get("TELLTALE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TELLTALE_SEED={seed}")
    return random.Random(seed)
