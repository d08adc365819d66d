"""Langfuse's SDK, which is told the collector's host and path."""

import os

from langfuse import Langfuse, get_client
from opentelemetry import trace


def begin(endpoint: str, recorder) -> None:
    os.environ["LANGFUSE_OTEL_TRACES_EXPORT_PATH"] = "/v1/traces"  # it makes //v1/traces of it
    Langfuse(public_key="pk-lf-1", secret_key="sk-lf-1", base_url=endpoint)
    trace.get_tracer_provider().add_span_processor(recorder)


def pair(number: int) -> None:
    client = get_client()
    with (
        client.start_as_current_observation(name=f"outer {number}", as_type="chain", input={"q": f"ünï {number} 🚀"}),
        client.start_as_current_observation(name="inner", as_type="generation", model="gpt-4o") as generation,
    ):
        generation.update(output="an answer", usage_details={"input": number, "output": 2})
