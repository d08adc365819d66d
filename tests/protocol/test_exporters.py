"""Real senders of other libraries and another language: a thousand spans each, and each arrives as it was sent."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from sender_environment import FOLDER, Senders, run

PAIRS = 500
LIBRARIES = sorted(path.stem.removeprefix("with_") for path in FOLDER.glob("with_*.py"))


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
