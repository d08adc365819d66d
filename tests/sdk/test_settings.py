from __future__ import annotations

import logging
from typing import Any

import pytest

from telltale import _settings

TRACES = "http://127.0.0.1:4318/v1/traces"


def _read(environ: dict[str, str] | None = None, **arguments: Any) -> _settings.Settings:
    return _settings.read(arguments, environ or {})


def test_without_settings_it_is_the_collector_on_this_machine() -> None:
    settings = _read()
    assert settings.traces_url == TRACES
    assert settings.logs_url == "http://127.0.0.1:4318/v1/logs"
    assert settings.capture == "full"
    assert settings.headers == {}
    assert settings.instrument is True
    assert not settings.is_disabled


@pytest.mark.parametrize(
    ("arguments", "environ", "traces", "logs"),
    [
        ({"endpoint": "https://t.example"}, {}, "https://t.example/v1/traces", "https://t.example/v1/logs"),
        (
            {"endpoint": "https://t.example/v1/traces"},
            {},
            "https://t.example/v1/traces",
            "https://t.example/v1/logs",
        ),
        (
            {"endpoint": "http://a"},
            {"TELLTALE_ENDPOINT": "http://b"},
            "http://a/v1/traces",
            "http://a/v1/logs",
        ),
        (
            {},
            {"TELLTALE_ENDPOINT": "http://b/", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"},
            "http://b/v1/traces",
            "http://b/v1/logs",
        ),
        (
            {},
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/otlp"},
            "http://c/otlp/v1/traces",
            "http://c/otlp/v1/logs",
        ),
        (
            {},
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://d/v1/traces"},
            "http://d/v1/traces",
            "http://d/v1/logs",
        ),
        ({}, {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://e/logs"}, TRACES, "http://e/logs"),
    ],
)
def test_arguments_come_before_our_variables_before_opentelemetrys(
    arguments: dict[str, Any], environ: dict[str, str], traces: str, logs: str
) -> None:
    settings = _read(environ, **arguments)
    assert (settings.traces_url, settings.logs_url) == (traces, logs)


@pytest.mark.parametrize(
    ("endpoint", "capture"),
    [
        ("http://localhost:4318", "full"),
        ("http://127.1.2.3", "full"),
        ("http://[::1]:1", "full"),
        ("https://t.example", "masked"),
    ],
)
def test_content_leaves_this_machine_masked(endpoint: str, capture: str) -> None:
    assert _read(endpoint=endpoint).capture == capture


def test_the_capture_mode_can_be_chosen() -> None:
    assert _read({"TELLTALE_CAPTURE": "none"}).capture == "none"
    assert _read({"TELLTALE_CAPTURE": "none"}, capture="full", endpoint="https://t.example").capture == "full"


@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "localhost:4318"},
        {"endpoint": "ftp://x"},
        {"endpoint": "http://host:notaport"},
        {"endpoint": 3},
        {"capture": "everything"},
        {"mask": "****"},
        {"instrument": "openai"},
        {"api_key": "tt_\n"},
    ],
)
def test_an_unusable_argument_costs_one_warning_that_says_what_to_do(
    arguments: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    settings = _read(**arguments)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert settings.traces_url == TRACES


def test_an_unknown_capture_mode_is_taken_as_masked() -> None:
    assert _read(capture="everything").capture == "masked"


def test_a_mask_that_cannot_run_lets_nothing_through() -> None:
    mask = _read(mask="****").mask
    assert mask is not None
    assert mask("secret") == "[masking failed]"


def test_headers_come_from_the_key_and_from_opentelemetrys_variables() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b,authorization=Basic%20x",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-more=1",
    }
    assert _read(environ).headers == {"x-tenant": "a b", "authorization": "Basic x", "x-more": "1"}
    with_key = _read({**environ, "TELLTALE_API_KEY": "tt_1"}, api_key="tt_2")
    assert with_key.headers == {"x-tenant": "a b", "x-more": "1", "Authorization": "Bearer tt_2"}


def test_a_broken_header_part_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert _read({"OTEL_EXPORTER_OTLP_HEADERS": "a=1,b"}).headers == {"a": "1"}
    assert "OTEL_EXPORTER_OTLP_HEADERS" in caplog.text


def test_service_and_environment_are_resource_attributes() -> None:
    assert _read(service_name="shop", environment="prod").resource == {
        "service.name": "shop",
        "deployment.environment.name": "prod",
    }


def test_libraries_can_be_named() -> None:
    assert _read(instrument=["openai"]).instrument == ("openai",)
    assert _read(instrument=False).instrument is False
