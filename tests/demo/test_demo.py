"""The whole demo: its processes, a real collector, the bot, the table."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from collector_process import free_port

LIMIT_S = 120


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def running_demo(rag_bot: Path, tmp_path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    ours = ("TELLTALE_", "OTEL_", "OPENAI_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, str(rag_bot / "demo.py"), "--data-dir", str(tmp_path / "data"), *options]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run_demo(rag_bot: Path, tmp_path: Path, *options: str) -> tuple[int, str]:
    with running_demo(rag_bot, tmp_path, *options) as process:
        output, _ = process.communicate(timeout=LIMIT_S)
        return process.returncode, output


def read_until(process: subprocess.Popen[str], text: str) -> str:
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"the demo ended before {text!r}: {seen}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_once_asks_stores_prints_the_table_and_leaves_nothing_running(rag_bot, tmp_path, port) -> None:
    code, output = run_demo(rag_bot, tmp_path, "--once", "--questions", "3", "--port", str(port))
    assert code == 0, output
    model, calls, *_ = next(line for line in output.splitlines() if "$" in line).split()
    assert model in {"smollm2-135m-instruct", "extractive-stand-in"}
    assert calls == "2"  # the third question is an injection that never reaches the model
    assert "at the invented prices of prices.yaml" in output
    assert "traces    3\n" in output
    assert re.search(r"injection: 2 pass, 1 block; pii: 1 pass, 1 redact", output)
    assert re.search(rf"slowest   \d+\.\d\d s  http://127.0.0.1:{port}/traces/[0-9a-f]{{32}}\n", output)
    assert is_free(port)


def test_it_keeps_running_so_that_its_traces_can_be_opened_until_ctrl_c(rag_bot, tmp_path, port) -> None:
    with running_demo(rag_bot, tmp_path, "--questions", "3", "--port", str(port)) as process:
        seen = read_until(process, "Ctrl-C ends the demo")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1") as api:
            first, second, third = sorted(api.get("/traces").json()["traces"], key=lambda trace: trace["start_time"])
            spans = api.get(f"/traces/{second['trace_id']}").json()["spans"]
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 0, seen
    assert [trace["user_id"] for trace in (first, second, third)] == ["ann", "ben", "cleo"]
    assert [trace["guard_verdict"] for trace in (second, third)] == ["redact", "block"]
    assert [set(trace["scores"]) for trace in (first, second, third)] == [{"feedback"}, {"feedback"}, set()]
    assert first["ttft_ns"] is not None  # streamed; the second was not
    assert second["ttft_ns"] is None
    (retriever,) = [span for span in spans if span["kind"] == "retriever"]
    assert [document["rank"] for document in retriever["documents"]] == [1, 2]
    assert all(document["id"] and document["content"] and document["score"] > 0 for document in retriever["documents"])
    (call,) = [span for span in spans if span["kind"] == "llm"]
    assert "ann@example.com" not in call["input_text"]
    assert call["cost_usd"] > 0
    assert is_free(port)


def test_a_kill_while_it_works_ends_everything(rag_bot, tmp_path, port) -> None:
    with running_demo(rag_bot, tmp_path, "--questions", "50", "--port", str(port)) as process:
        read_until(process, "1/50")
        process.terminate()
        assert process.wait(LIMIT_S) == 130
    assert is_free(port)


def test_a_taken_port_is_named_with_the_way_out(rag_bot, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = run_demo(rag_bot, tmp_path, "--once", "--port", str(port))
    assert code == 2
    assert f"port {port} is taken" in output
    assert f'make demo DEMO_ARGS="--port {port + 1}"' in output
    assert "Traceback" not in output


def test_a_collector_that_cannot_start_shows_its_own_reason(rag_bot, tmp_path, port) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "wal").write_text("not a folder")
    code, output = run_demo(rag_bot, tmp_path, "--once", "--port", str(port))
    assert code == 2
    assert "the collector did not start" in output
    assert str(tmp_path / "data" / "collector.log") in output


def test_a_collector_that_already_runs_can_be_used_and_knows_no_price(rag_bot, tmp_path, collector) -> None:
    code, output = run_demo(rag_bot, tmp_path, "--once", "--questions", "1", "--url", collector.url)
    assert code == 0, output
    assert re.search(r"^(smollm2-135m-instruct|extractive-stand-in) +1 .* unpriced ", output, re.MULTILINE)
    assert "invented" not in output
    assert "traces    1\n" in output


def test_a_collector_that_is_not_there_ends_the_demo_with_one_clear_line(rag_bot, tmp_path, port) -> None:
    code, output = run_demo(rag_bot, tmp_path, "--once", "--questions", "1", "--url", f"http://127.0.0.1:{port}")
    assert code == 2
    assert f"no collector answers at http://127.0.0.1:{port}" in output


def test_zero_questions_are_refused(rag_bot, tmp_path) -> None:
    code, output = run_demo(rag_bot, tmp_path, "--questions", "0")
    assert code == 2
    assert "must be 1 or more" in output
