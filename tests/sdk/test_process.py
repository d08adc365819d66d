"""Whole programs in processes of their own, against a collector or its absence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

THREE_LINES = """
import telltale
telltale.init()
with telltale.span("answer") as span: span.set(input="q", output="a")
"""


def _names(collector: Any) -> list[str]:
    return sorted(span.name for span in collector.spans)


def test_three_lines_without_a_collector_end_quickly_with_one_warning(run_app: Run, dead_port: int) -> None:
    began = time.monotonic()
    result = run_app(THREE_LINES, TELLTALE_ENDPOINT=f"http://127.0.0.1:{dead_port}")
    assert result.returncode == 0
    assert time.monotonic() - began < 5
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "1 spans or scores kept in" in result.stderr
    assert "telltale up" in result.stderr


def test_three_lines_with_a_collector_say_nothing_and_deliver(run_app: Run, collector: Any) -> None:
    result = run_app(THREE_LINES, TELLTALE_ENDPOINT=collector.url, TELLTALE_API_KEY="tt_k", OTEL_SERVICE_NAME="shop")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert _names(collector) == ["answer"]
    assert collector.resources[0]["service.name"] == "shop"
    assert collector.requests[0][1]["Authorization"] == "Bearer tt_k"


def test_a_finished_span_is_visible_within_two_seconds(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import os, time, telltale
telltale.init()
with telltale.span("early"): pass
time.sleep(2)
os._exit(0)
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert result.returncode == 0
    assert _names(collector) == ["early"]


def test_a_hanging_collector_delays_the_exit_by_two_seconds_at_most(run_app: Run, collector: Any) -> None:
    collector.hangs.clear()
    began = time.monotonic()
    result = run_app(THREE_LINES, TELLTALE_ENDPOINT=collector.url)
    assert result.returncode == 0
    assert time.monotonic() - began < 5
    assert len(result.stderr.splitlines()) == 1
    assert "for the next process" in result.stderr


def test_importing_telltale_brings_opentelemetry_and_nothing_else(run_app: Run) -> None:
    result = run_app(
        """
import sys, telltale
heavy = {"openai", "fastapi", "httpx", "httpx2", "pydantic", "requests", "telltale_collector", "clickhouse_connect"}
heavy |= {"asyncio", "ssl", "opentelemetry.sdk.trace", "opentelemetry.exporter.otlp", "google.protobuf"}
print(sorted(heavy & set(sys.modules)))
print(sorted(set(telltale.__all__) - set(dir(telltale))), callable(telltale.init), telltale.__version__[:2])
try:
    telltale.trace
except AttributeError as error:
    print(error)
"""
    )
    assert result.stdout == "[]\n[] True 0.\nmodule 'telltale' has no attribute 'trace'\n"


def test_forked_children_deliver_their_own_spans_and_not_the_parents(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import os, telltale
telltale.init()
with telltale.span("parent"):
    pids = []
    for n in range(5):
        pid = os.fork()
        if pid == 0:
            with telltale.span(f"child{n}"): pass
            telltale.flush(5)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert _names(collector) == ["child0", "child1", "child2", "child3", "child4", "parent"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_deliver_at_their_end(run_app: Run, collector: Any, method: str) -> None:
    result = run_app(
        f"""
import multiprocessing, telltale

def work(n):
    telltale.init()
    with telltale.span(f"child{{n}}"): pass

if __name__ == "__main__":
    telltale.init()
    with telltale.span("before"): pass
    context = multiprocessing.get_context("{method}")
    children = [context.Process(target=work, args=(n,)) for n in range(3)]
    for child in children: child.start()
    for child in children: child.join()
    print([child.exitcode for child in children])
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.stderr) == ("[0, 0, 0]\n", "")
    assert _names(collector) == ["before", "child0", "child1", "child2"]


def test_a_fork_in_the_middle_of_an_export_leaves_the_child_no_held_lock(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import os, sys, threading, time, telltale
lock, exporting = threading.Lock(), threading.Event()

def mask(text):
    with lock:
        exporting.set()
        time.sleep(0.3)
    return text

telltale.init(mask=mask)
with telltale.span("parent") as span: span.set(input="x")
exporting.wait(10)
pid = os.fork()
if pid == 0:
    with telltale.span("child") as span: span.set(input="x")
    os._exit(0 if telltale.flush(10) else 1)
print(os.waitpid(pid, 0)[1])
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.returncode) == ("0\n", 0), result.stderr
    assert _names(collector) == ["child", "parent"]


def test_forking_under_load_never_deadlocks(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import os, threading, telltale
telltale.init()
stop = threading.Event()

def work():
    while not stop.wait(0.0005):
        with telltale.span("load"): pass

threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads: thread.start()
for n in range(30):
    pid = os.fork()
    if pid == 0:
        with telltale.span("child"): pass
        os._exit(0 if telltale.flush(10) else 1)
    assert os.waitpid(pid, 0)[1] == 0
stop.set()
""",
        TELLTALE_ENDPOINT=collector.url,
        timeout_s=60,
    )
    assert result.returncode == 0, result.stderr
    assert _names(collector).count("child") == 30


def test_scores_arrive_as_evaluation_events_on_their_span(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import telltale
telltale.init()
with telltale.span("answer") as span:
    telltale.score("feedback", -1, comment="wrong", score_id="s1")
print(span.trace_id, span.span_id)
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    trace_id, span_id = result.stdout.split()
    (log,) = collector.logs
    assert log.event_name == "gen_ai.evaluation.result"
    assert (log.trace_id.hex(), log.span_id.hex()) == (trace_id, span_id)
    values = {a.key: a.value.double_value or a.value.string_value for a in log.attributes}
    assert values == {
        "gen_ai.evaluation.name": "feedback",
        "gen_ai.evaluation.score.value": -1.0,
        "gen_ai.evaluation.explanation": "wrong",
        "telltale.score.id": "s1",
        "telltale.score.source": "user",
    }
