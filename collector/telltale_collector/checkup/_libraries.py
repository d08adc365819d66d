"""Instrumentation libraries: how to tell them by their scope, and how each is switched off or made to record content.

A switch is a line to copy. ``{part}`` stands for what the library instruments, as the scope names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from telltale_collector.checkup import Row


@dataclass(frozen=True, slots=True)
class Library:
    """One family of instrumentation.

    Attributes:
        name: as its makers call it.
        scope: what its scopes look like; the group ``part`` is what it instruments.
        dialect: the dialect that it alone speaks, for spans whose scope says nothing.
        off: switches it off; "" where no switch is known.
        content: makes it record what is asked and answered; "" where it always does.
    """

    name: str
    scope: str
    dialect: str
    off: str
    content: str


_LIBRARIES = (
    Library(
        "Telltale",
        r"telltale",
        "",
        "telltale.init(instrument=False)",
        'telltale.init(capture="full")  # or: export TELLTALE_CAPTURE=full',
    ),
    Library(
        "OpenTelemetry GenAI",
        r"opentelemetry\.instrumentation\.genai\.(?P<part>\w+)",
        "",
        "export OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={part}"
        "  # or remove the .instrument() call of opentelemetry-instrumentation-genai-{part}",
        "export OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental"
        " OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
    ),
    Library(
        "OpenTelemetry GenAI (early)",
        r"opentelemetry\.instrumentation\.(?P<part>openai_v2|botocore\S*|vertexai_v2|google_genai)",
        "",
        "export OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={part}  # or remove its .instrument() call",
        "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true OTEL_LOGS_EXPORTER=otlp",
    ),
    Library(
        "OpenLLMetry",
        r"(?:opentelemetry\.instrumentation\.(?P<part>[a-z_]+)(?:\.v\d)?|traceloop\.\S+)",
        "openllmetry",
        "Traceloop.init(block_instruments={{Instruments.{PART}}})"
        "  # without Traceloop: remove the .instrument() call of opentelemetry-instrumentation-{part}",
        "export TRACELOOP_TRACE_CONTENT=true",
    ),
    Library(
        "OpenInference",
        r"(?:openinference\.instrumentation\.|@arizeai/openinference-instrumentation-)(?P<part>\w+)",
        "openinference",
        "export OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={part}"
        "  # or remove the .instrument() call of openinference-instrumentation-{part}",
        "export OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    ),
    Library(
        "Langfuse",
        r"langfuse-sdk",
        "langfuse",
        "from openai import OpenAI  # in place of: from langfuse.openai import OpenAI",
        "export LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED=true",
    ),
    Library(
        "Vercel AI SDK",
        r"ai",
        "vercel_ai",
        "experimental_telemetry: {{ isEnabled: false }}",
        "experimental_telemetry: {{ isEnabled: true, recordInputs: true, recordOutputs: true }}",
    ),
    Library(
        "Pydantic AI",
        r"pydantic-ai",
        "pydantic_ai",
        "Agent.instrument_all(False)",
        "Agent.instrument_all(InstrumentationSettings(include_content=True))",
    ),
    Library(
        "OpenLIT",
        r"openlit\.(?:instrumentation\.)?(?P<part>\w+)\S*",
        "openlit",
        'openlit.init(disabled_instrumentors=["{part}"])',
        "openlit.init(capture_message_content=True)",
    ),
    Library(
        "the Anthropic client itself",
        r"com\.anthropic\.sdk\S*",
        "anthropic_client",
        "export ANTHROPIC_OPEN_TELEMETRY=false",
        "export ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content",
    ),
    Library("Logfire", r"logfire\.(?P<part>\w+)", "logfire", "# remove logfire.instrument_{part}()", ""),
    Library("MLflow", r"mlflow\S*", "mlflow", "mlflow.autolog(disable=True)", ""),
    Library(
        "LangSmith",
        r"langsmith",
        "langsmith",
        "export LANGSMITH_OTEL_ENABLED=false",
        "export LANGSMITH_HIDE_INPUTS=false LANGSMITH_HIDE_OUTPUTS=false",
    ),
    Library(
        "LiteLLM",
        r"litellm\S*",
        "litellm",
        'litellm.callbacks = [name for name in litellm.callbacks if name != "otel"]',
        "litellm.turn_off_message_logging = False",
    ),
)
_MEMBERS = {"llamaindex": "llama_index", "mistralai": "mistral"}
"""Members of Traceloop's ``Instruments`` that are named unlike their scope."""

_RECORD_IT = (
    'span.set_attribute("gen_ai.input.messages", json.dumps(messages))'
    "  # likewise gen_ai.output.messages; no switch is known for scope {scope}"
)


def switch_off(scope: str | None) -> str:
    """The line that switches the library of a scope off; "" where none is known."""
    library = _of_scope(scope)
    return "" if library is None else _filled(library.off, library, scope)


def switch_content_on(group: Row) -> str:
    """The line that makes a group's library (by ``scope``, else ``dialect``) record content."""
    scope = group["scope"]
    library = _of_scope(scope) or _of_dialect(group["dialect"])
    if library is not None and library.content:
        return _filled(library.content, library, scope)
    return _RECORD_IT.format(scope=scope or "(none)")


def library_name(scope: str | None) -> str:
    """What people call the library of a scope; the scope itself where that is not known."""
    library = _of_scope(scope)
    return (scope or "a library without scope") if library is None else library.name


def _of_scope(scope: str | None) -> Library | None:
    return next((library for library in _LIBRARIES if re.fullmatch(library.scope, scope or "")), None)


def _of_dialect(dialect: str | None) -> Library | None:
    return next((library for library in _LIBRARIES if library.dialect and library.dialect == dialect), None)


def _filled(line: str, library: Library, scope: str | None) -> str:
    match = re.fullmatch(library.scope, scope or "")
    part = (match and match.groupdict().get("part")) or "openai"
    return line.format(part=part, PART=_MEMBERS.get(part, part).upper())
