"""OpenInference's own tracer provider over OpenTelemetry's exporter."""

from openinference.instrumentation import TracerProvider, using_attributes
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def begin(endpoint: str, recorder) -> None:
    provider = TracerProvider()
    provider.add_span_processor(recorder)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)


def pair(number: int) -> None:
    tracer = trace.get_tracer("senders")
    with (
        using_attributes(session_id=f"s{number % 7}", metadata={"number": number}, tags=["a", "b"]),
        tracer.start_as_current_span(f"outer {number}", openinference_span_kind="chain") as outer,
    ):
        outer.set_input({"q": f"ünï {number} 🚀"})
        with tracer.start_as_current_span("inner", openinference_span_kind="tool") as inner:
            inner.set_tool(name="search", parameters={"k": number})
        outer.set_output("an answer")
