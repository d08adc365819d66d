"""OpenLLMetry: Traceloop's SDK."""

import os

from opentelemetry import trace
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, workflow


def begin(endpoint: str, recorder) -> None:
    os.environ["TRACELOOP_TELEMETRY"] = "false"
    os.environ["TRACELOOP_METRICS_ENABLED"] = "false"
    Traceloop.init("openllmetry", api_endpoint=endpoint, instruments=set(), telemetry_enabled=False)
    trace.get_tracer_provider().add_span_processor(recorder)


@workflow(name="outer")
def pair(number: int) -> str:
    return _inner(f"ünï {number} 🚀")


@task(name="inner")
def _inner(text: str) -> str:
    return text.upper()
