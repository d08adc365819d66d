"""``telltale doctor``: its rules one by one, and the whole of it against a running collector."""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, Any

import otlp
import pytest

from telltale import __version__, _cli
from telltale._doctor import doctor
from telltale._doctor_environment import check_environment
from telltale._doctor_libraries import check_libraries

if TYPE_CHECKING:
    from collector_process import CollectorProcess

HERE = "http://127.0.0.1:4318"
THERE = "http://collector.example:4318"


# --- the environment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "says", "mends"),
    [
        ({"OTEL_SDK_DISABLED": "true"}, "nothing is traced", "unset OTEL_SDK_DISABLED"),
        ({"TELLTALE_DISABLED": "1"}, "nothing is traced", "unset TELLTALE_DISABLED"),
        ({"TELLTALE_ENDPOINT": THERE}, "points elsewhere", f"export TELLTALE_ENDPOINT={HERE}"),
        ({"TELLTALE_ENDPOINT": "localhost:4318"}, "no http(s) address", f"export TELLTALE_ENDPOINT={HERE}"),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{THERE}/v1/traces"},
            "points elsewhere",
            f"export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={HERE}/v1/traces",
        ),
        (
            {"TELLTALE_ENDPOINT": HERE, "OTEL_EXPORTER_OTLP_ENDPOINT": THERE},
            "contradict each other",
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={HERE}",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{HERE}/v1/traces"},
            "append it once more",
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={HERE}",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": HERE},
            "has no path",
            f"export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={HERE}/v1/traces",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": HERE},
            "port 4318 speaks HTTP",
            "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
            },
            "port 4317 is for gRPC",
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={HERE}",
        ),
        ({"OTEL_TRACES_EXPORTER": "console"}, "nowhere near a collector", "export OTEL_TRACES_EXPORTER=otlp"),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "sums and costs are too low", "unset OTEL_TRACES_SAMPLER"),
        (
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
            "sums and costs are too low",
            "unset OTEL_TRACES_SAMPLER",
        ),
        ({"HTTP_PROXY": "http://proxy:3128"}, "NO_PROXY lacks 127.0.0.1", "export NO_PROXY=127.0.0.1"),
        (
            {"http_proxy": "http://proxy:3128", "no_proxy": "intranet"},
            "NO_PROXY lacks 127.0.0.1",
            "export NO_PROXY=intranet,127.0.0.1",
        ),
        ({"TELLTALE_CAPTURE": "all"}, "unknown and taken as masked", "export TELLTALE_CAPTURE=full"),
    ],
)
def test_a_variable_that_leads_astray_is_named_with_the_line_that_mends_it(
    environ: dict[str, str], says: str, mends: str
) -> None:
    found = check_environment(environ, HERE)
    assert {check.level for check in found} <= {"fault", "note"}
    (check,) = [check for check in found if says in check.text]
    assert check.mends[0] == mends


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"TELLTALE_ENDPOINT": "http://localhost:4318/"},
        {"TELLTALE_ENDPOINT": HERE, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{HERE}/v1/traces", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        {"OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_TRACES_EXPORTER": "console,otlp"},
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.0"},
        {"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1,localhost"},
        {"TELLTALE_CAPTURE": "none", "OTEL_SDK_DISABLED": "false"},
    ],
)
def test_an_environment_in_order_is_one_good_line(environ: dict[str, str]) -> None:
    (check,) = check_environment(environ, HERE)
    assert (check.level, check.mends) == ("ok", ())


def test_a_collector_at_another_address_has_to_be_named_somewhere() -> None:
    (check,) = check_environment({}, "http://127.0.0.1:9999")
    assert check.mends == ("export TELLTALE_ENDPOINT=http://127.0.0.1:9999",)


# --- the libraries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("installed", "says"),
    [
        (["openinference-instrumentation-openai"], "openai can be instrumented by Telltale and openinference-"),
        (["opentelemetry_instrumentation_openai_v2"], "Telltale and opentelemetry-instrumentation-openai-v2"),
        (
            ["opentelemetry-instrumentation-google-genai", "openinference-instrumentation-google-genai"],
            "google-genai can be instrumented by Telltale and openinference-instrumentation-google-genai and open",
        ),
        (
            ["opentelemetry-instrumentation-cohere", "openinference-instrumentation-cohere"],
            "cohere can be instrumented by openinference-instrumentation-cohere and opentelemetry-",
        ),
        (["traceloop-sdk", "Langfuse"], "langfuse, traceloop-sdk can trace model calls too"),
    ],
)
def test_packages_that_trace_the_same_library_are_a_risk(installed: list[str], says: str) -> None:
    ours, risk = check_libraries(installed)
    assert (ours.level, ours.text.startswith("telltale.init() traces ")) == ("ok", True)
    assert risk.level == "note"
    assert says in risk.text
    assert risk.mends


@pytest.mark.parametrize(
    "installed",
    [[], ["opentelemetry-instrumentation-requests", "openai"], ["openinference-instrumentation-cohere"]],
)
def test_packages_that_trace_other_things_are_no_risk(installed: list[str]) -> None:
    assert [check.level for check in check_libraries(installed)] == ["ok"]


def test_without_a_list_this_environment_is_looked_at() -> None:
    traced = check_libraries()[0].text.removeprefix("telltale.init() traces ").split(", ")
    assert {"anthropic", "openai"} <= set(traced)


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("OTEL_", "TELLTALE_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


def _lines(text: str) -> dict[str, str]:
    """What is said of each subject."""
    return dict(re.findall(r"^\w+ +(collector|version|round trip|data|environment)  +(.*)$", text, re.MULTILINE))


def _call(**attributes: Any) -> dict[str, Any]:
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    return otlp.llm_span(attributes={"gen_ai.request.max_tokens": 512, **given})


def test_a_healthy_installation_gives_0_and_a_faulty_one_1(
    own_collector: CollectorProcess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = own_collector.start()
    monkeypatch.setenv("TELLTALE_ENDPOINT", running.url)
    running.send(otlp.traces_body(_call()))
    running.settle()

    assert _cli.main(["doctor", "--url", f"{running.url}/"]) == 0
    said = _lines(capsys.readouterr().out)
    assert said["collector"] == f"{running.url} is ready"
    assert said["version"] == f"{__version__}, here and in the collector"
    assert re.fullmatch(r"a test span was sent and found again after \d+ ms", said["round trip"])
    assert re.fullmatch(r"\d+ kinds of fault looked for since now-24h, none found", said["data"])

    running.send(otlp.traces_body(_call(gen_ai__request__model="home-made", gen_ai__response__model="home-made")))
    running.settle()
    assert doctor(["--url", running.url]) == 1
    out = capsys.readouterr().out
    # the doctor's own test spans are no calls, and change no count
    assert re.search(r"^fault  data +Models without a price: 1 of 2 calls, 50%", out, re.MULTILINE)
    assert re.search(r'^ +- \{model: "home-made", provider: "openai", input_usd_per_mtok: PRICE', out, re.MULTILINE)
    assert "\x1b[" not in out

    assert doctor(["--url", running.url, "--from", "soon"]) == 1
    assert "HTTP 400 not a time: 'soon'" in _lines(capsys.readouterr().out)["data"]


def test_what_is_only_worth_knowing_changes_no_exit_code(
    own_collector: CollectorProcess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = own_collector.start()
    monkeypatch.setenv("TELLTALE_ENDPOINT", running.url)
    running.send(otlp.traces_body(otlp.llm_span()))
    running.settle()
    assert doctor(["--url", running.url]) == 0
    assert re.search(
        r"^note   data +Calls without a limit to the answer: 1 of 1", capsys.readouterr().out, re.MULTILINE
    )


def test_without_a_collector_it_says_how_to_start_one(dead_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(["--url", f"http://127.0.0.1:{dead_port}"]) == 2
    out = capsys.readouterr().out
    assert "no collector at http://127.0.0.1" in out
    assert f"telltale up --port {dead_port}" in out
    assert "libraries" in out  # what needs no collector is checked all the same


def test_another_server_at_that_address_is_no_collector(collector: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(["--url", collector.url]) == 2
    assert "something else answers there" in capsys.readouterr().out


def test_an_address_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        doctor(["--url", "localhost:4318"])
    assert refused.value.code == 2
    assert "no http(s) address" in capsys.readouterr().err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "has_colour"), [(None, True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(
    dead_port: int, monkeypatch: pytest.MonkeyPatch, no_color: str | None, has_colour: bool
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    doctor(["--url", f"http://127.0.0.1:{dead_port}"])
    assert ("\x1b[31mfault\x1b[0m" in terminal.getvalue()) is has_colour
