"""An application with another SDK beside telltale: python beside.py SDK ORDER THEIR_URL ROUNDS [PROVIDER_URL].

Ours finds its collector by TELLTALE_ENDPOINT. A round is a step of ours, in it one of theirs, in it one of ours; with
a provider also a call of the openai client.
"""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

SDK, ORDER, THEIR_URL, ROUNDS = (*sys.argv[1:4], int(sys.argv[4]))
Start = Callable[[str], AbstractContextManager[Any]]
Theirs = tuple[Start, Callable[[], Any]]


def sentry() -> Theirs:
    import sentry_sdk

    host = THEIR_URL.removeprefix("http://")
    sentry_sdk.init(dsn=f"http://key@{host}/1", traces_sample_rate=1.0)
    return lambda name: sentry_sdk.start_transaction(name=name), lambda: sentry_sdk.flush(10)


def langfuse() -> Theirs:
    from langfuse import Langfuse

    os.environ["LANGFUSE_OTEL_TRACES_EXPORT_PATH"] = "/v1/traces"
    client = Langfuse(public_key="pk-lf-1", secret_key="sk-lf-1", base_url=THEIR_URL)
    return lambda name: client.start_as_current_observation(name=name, as_type="span"), client.flush


def logfire() -> Theirs:
    import logfire

    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = THEIR_URL
    logfire.configure(send_to_logfire=False, console=False, metrics=False, service_name="theirs")
    return lambda name: logfire.span("step", _span_name=name), lambda: logfire.force_flush(10_000)


def opentelemetry() -> Theirs:
    """A provider of the application's own, the process's if it comes first, and one for a second project."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    providers = [TracerProvider(), TracerProvider()]
    for provider in providers:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{THEIR_URL}/v1/traces")))
    if ORDER.startswith("theirs"):
        trace.set_tracer_provider(providers[0])
    started = iter(range(10**9))
    tracers = [provider.get_tracer("theirs") for provider in providers]

    def start(name: str) -> AbstractContextManager[Any]:
        return tracers[next(started) % 2].start_as_current_span(name)

    return start, lambda: [provider.force_flush() for provider in providers]


def ours() -> Any:
    import telltale

    telltale.init()
    return telltale


def ask(telltale: Any, number: int) -> None:
    import openai

    with telltale.span(f"ours asks {number}"), openai.OpenAI(base_url=sys.argv[5], api_key="k") as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])


def main() -> None:
    start_theirs = {"sentry": sentry, "langfuse": langfuse, "logfire": logfire, "opentelemetry": opentelemetry}[SDK]
    if ORDER == "ours, spans, theirs":
        telltale = ours()
        with telltale.span("ours alone"):
            pass
        step, flush = start_theirs()
    elif ORDER == "theirs, spans, ours":
        step, flush = start_theirs()
        with step("theirs alone"):
            pass
        telltale = ours()
    else:
        first_ours = ORDER == "ours, theirs"
        telltale = ours() if first_ours else None
        step, flush = start_theirs()
        telltale = telltale or ours()
    for number in range(ROUNDS):
        with telltale.span(f"ours {number}"), step(f"theirs {number}"), telltale.span(f"ours inside {number}"):
            pass
        if len(sys.argv) > 5:
            ask(telltale, number)
    flush()
    telltale.flush(10)


main()
