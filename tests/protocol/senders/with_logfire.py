"""Logfire, which sends to whatever OTEL_EXPORTER_OTLP_ENDPOINT says."""

import os

import logfire


def begin(endpoint: str, recorder) -> None:
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    logfire.configure(
        send_to_logfire=False,
        console=False,
        metrics=False,
        service_name="logfire",
        additional_span_processors=[recorder],
    )


def pair(number: int) -> None:
    with logfire.span("outer {number}", number=number, text=f"ünï {number} 🚀", parts=["a", {"b": number}]):
        logfire.info("inner", flag=number % 2 == 0)
