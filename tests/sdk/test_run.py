"""``telltale run``: programs that do not know of Telltale, in processes of their own."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Any

import pytest

from telltale._run import environment, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

TELLTALE = (sys.executable, "-m", "telltale._cli", "run")
APP = """
from opentelemetry import trace
with trace.get_tracer("app").start_as_current_span("work"): pass
"""


@pytest.fixture
def traced(collector: Any, tmp_path: Path) -> Run:
    def start(*command: str, within_s: float = 60, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))}
        given = {"TELLTALE_ENDPOINT": collector.url, "TELLTALE_SPOOL_DIR": str(tmp_path / "spool")}
        return subprocess.run(
            [*TELLTALE, "--", *command],
            env=clean | given | environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    (tmp_path / "app.py").write_text(APP)
    return start


def _names(collector: Any) -> list[str]:
    return sorted(span.name for span in collector.spans)


def _script(path: Path, first_line: str) -> str:
    path.write_text(f"#!{first_line}\n{APP}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    "command",
    [
        (sys.executable, "app.py"),
        (sys.executable, "-m", "app"),
        (sys.executable, "-W", "error", "-X", "utf8", "-u", "app.py"),
        (sys.executable, "-c", APP),
        ("sh", "-c", f"{sys.executable} app.py"),
    ],
    ids=["script", "module", "options", "text", "shell"],
)
def test_a_program_is_traced_without_knowing(traced: Run, collector: Any, command: tuple[str, ...]) -> None:
    result = traced(*command, OTEL_SERVICE_NAME="shop")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert _names(collector) == ["work"]
    assert collector.resources[0]["service.name"] == "shop"


def test_children_are_traced_too(traced: Run, collector: Any) -> None:
    code = f"import subprocess, sys; {APP.strip()!r}; subprocess.run([sys.executable, 'app.py'], check=True)"
    assert traced(sys.executable, "-c", code).stderr == ""
    assert _names(collector) == ["work"]


def test_a_script_of_its_own_is_traced(traced: Run, collector: Any, tmp_path: Path) -> None:
    assert traced(_script(tmp_path / "tool", sys.executable)).stderr == ""
    assert _names(collector) == ["work"]


def test_a_sitecustomize_that_was_there_runs_as_before(traced: Run, collector: Any, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import builtins; builtins.was_here = __file__")
    code = f"{APP}\nimport sitecustomize, sys\nprint(was_here == sitecustomize.__file__, '_started' in str(sys.path))"
    result = traced(sys.executable, "-c", code, PYTHONPATH=str(tmp_path / "site"))
    assert (result.stdout, result.stderr) == ("True False\n", "")
    assert _names(collector) == ["work"]


def test_the_exit_code_is_the_programs_own(traced: Run) -> None:
    assert traced(sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_signals_reach_the_program_and_nothing_stays_in_between(collector: Any, tmp_path: Path) -> None:
    code = """
import os, signal, sys
def stop(number, frame): print("told", number, flush=True); sys.exit(3)
signal.signal(signal.SIGTERM, stop)
print(os.getpid(), flush=True)
sys.stdin.readline()
"""
    process = subprocess.Popen(
        [*TELLTALE, "--", sys.executable, "-c", code],
        env=os.environ | {"TELLTALE_ENDPOINT": collector.url, "TELLTALE_SPOOL_DIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert (said, process.returncode) == ("told 15\n", 3)


def test_gunicorns_workers_are_traced(collector: Any, tmp_path: Path, dead_port: int, eventually: Any) -> None:
    import urllib.request

    (tmp_path / "web.py").write_text(
        "from opentelemetry import trace\n"
        "def app(environ, start_response):\n"
        "    with trace.get_tracer('web').start_as_current_span('request'): pass\n"
        "    start_response('200 OK', [])\n"
        "    return [b'hello']\n"
    )
    server = subprocess.Popen(
        [*TELLTALE, sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{dead_port}", "web:app"],
        env=os.environ | {"TELLTALE_ENDPOINT": collector.url, "TELLTALE_SPOOL_DIR": str(tmp_path / "spool")},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{dead_port}/", timeout=5) as reply:
                return bool(reply.read() == b"hello")
        except OSError:
            return False

    try:
        eventually(answers, 30)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
    assert _names(collector) == ["request"]


@pytest.mark.parametrize("options", [["-I"], ["-E"], ["-S"], ["-uI"], ["-W", "error", "-sE"], ["-Xutf8", "-I"]])
def test_a_python_that_would_not_look_is_refused_with_the_reason(traced: Run, options: list[str]) -> None:
    result = traced(sys.executable, *options, "app.py")
    assert result.returncode == 2
    assert "shuts out what telltale run adds" in result.stderr


def test_a_script_whose_python_would_not_look_is_refused(traced: Run, collector: Any, tmp_path: Path) -> None:
    result = traced(_script(tmp_path / "tool", f"{sys.executable} -I"))
    assert (result.returncode, "-I" in result.stderr) == (2, True)
    assert collector.requests == []


@pytest.mark.parametrize("options", [["-c", "1", "-I"], ["-m", "app", "-E"], ["app.py", "-I"], ["-Werror", "app.py"]])
def test_options_of_the_program_are_its_own(traced: Run, options: list[str]) -> None:
    assert "shuts out" not in traced(sys.executable, *options).stderr


def test_what_cannot_be_run_is_told(traced: Run, tmp_path: Path) -> None:
    assert traced("no-such-command").returncode == 127
    (tmp_path / "data").write_bytes(b"\x00\x01")
    (tmp_path / "data").chmod(0o755)
    assert traced(str(tmp_path / "data")).returncode == 126


def test_a_python_without_telltale_runs_untraced(traced: Run, collector: Any, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    result = traced(str(tmp_path / "bare" / "bin" / "python"), "-c", "print('ran')")
    assert (result.returncode, result.stdout) == (0, "ran\n")
    assert "it runs, untraced; install telltale-llm for it" in result.stderr
    assert collector.requests == []


def test_what_the_program_says_of_its_content_holds(traced: Run, collector: Any) -> None:
    code = """
import telltale
telltale.init(capture="none", service_name="late")
with telltale.span("work") as span: span.set(input="secret", own=1)
"""
    result = traced(sys.executable, "-c", code)
    assert "give service_name by the environment" in result.stderr
    assert _names(collector) == ["work"]
    assert "secret" not in str(collector.spans)


def test_what_the_program_does_not_say_of_its_content_stays(traced: Run, collector: Any) -> None:
    code = """
import telltale
telltale.init(mask=lambda text: text.replace("secret", "..."))
telltale.init(service_name="a library", capture="full")
telltale.init(endpoint="http://127.0.0.1:1")
with telltale.span("work") as span: span.set(input="secret: me@example.com", output="secret")
"""
    traced(sys.executable, "-c", code, TELLTALE_CAPTURE="none")
    (span,) = collector.spans
    assert "secret" not in str(span)
    assert "..." in str(span)


def test_the_environment_can_switch_it_off(traced: Run, collector: Any) -> None:
    assert traced(sys.executable, "app.py", TELLTALE_DISABLED="1").returncode == 0
    assert collector.requests == []


def test_it_is_applied_once_however_often_it_is_asked_for() -> None:
    once = environment({"PYTHONPATH": "/a"})
    assert environment(once)["PYTHONPATH"] == once["PYTHONPATH"]
    assert once["PYTHONPATH"].endswith(f"_started{os.pathsep}/a")
    assert environment(environment({}))["PYTHONPATH"].endswith("_started")


def test_an_empty_entry_of_the_path_is_still_the_current_directory(traced: Run, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "main.py").write_text("import app")
    result = traced(sys.executable, "scripts/main.py", PYTHONPATH=f"{os.pathsep}/nowhere")
    assert (result.returncode, result.stderr) == (0, "")


def test_without_a_command_it_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert (run([]), run(["--help"])) == (2, 0)
    assert "usage: telltale run" in capsys.readouterr().out
