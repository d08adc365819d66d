import http.server
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import services

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
SERVER = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition, limit_s: float = 20.0) -> bool:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_service_runs_during_its_block_and_not_after(tmp_path) -> None:
    port = services.free_port()
    with services.service("files", [*SERVER, str(port)], tmp_path / "log") as running:
        running.wait_until_ready(f"http://127.0.0.1:{port}/", 20)
        assert services.is_taken(port)
    assert not services.is_taken(port)


def test_a_process_that_ends_at_once_is_reported_with_its_last_words(tmp_path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('port 1 is taken')"]
    url = f"http://127.0.0.1:{services.free_port()}/"
    with (
        services.service("collector", command, tmp_path / "log") as running,
        pytest.raises(services.DemoError, match=r"(?s)the collector did not start.*port 1 is taken.*log"),
    ):
        running.wait_until_ready(url, 20)


def test_a_process_that_never_answers_is_given_up(tmp_path) -> None:
    url = f"http://127.0.0.1:{services.free_port()}/"
    with (
        services.service("model", SLEEPER, tmp_path / "log") as running,
        pytest.raises(services.DemoError, match="the model is not ready after 0 s"),
    ):
        running.wait_until_ready(url, 0.3)


def test_a_command_on_the_leash_ends_even_when_its_starter_is_killed(tmp_path, rag_bot) -> None:
    pid_file = tmp_path / "pid"
    child = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    starter = f"""
import sys
sys.path.insert(0, {str(rag_bot)!r})
import pathlib, services, time
with services.service("child", [sys.executable, "-c", {child!r}], pathlib.Path({str(tmp_path / "log")!r})):
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter]) as process:
        assert eventually(lambda: pid_file.exists() and pid_file.read_text())
        pid = int(pid_file.read_text())
        assert is_alive(pid)
        process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not is_alive(pid))


def test_the_exit_code_of_a_command_passes_through_the_leash(rag_bot) -> None:
    command = [sys.executable, str(rag_bot / "leash.py"), sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(20) == 7


def test_a_command_ends_when_its_leash_is_let_go(rag_bot) -> None:
    command = [sys.executable, str(rag_bot / "leash.py"), *SLEEPER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"here\n"
        process.stdin.close()
        assert process.wait(20) == 128 + signal.SIGTERM


class _Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(400)
        self.end_headers()
        self.wfile.write(b'{"error": {"message": "no such field"}}')

    def log_message(self, *args) -> None:
        pass


def test_an_error_of_the_api_is_shown_with_its_text() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with pytest.raises(services.DemoError, match=r"answered 400: .*no such field"):
            services.get_json(f"http://127.0.0.1:{server.server_port}/api/v1/spans")
        server.shutdown()
        thread.join()


def test_a_collector_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{services.free_port()}/api/v1/stats"
    assert not services.answers(url)
    with pytest.raises(services.DemoError, match=f"GET {url} failed"):
        services.get_json(url)
