"""OpenTelemetry's instrumentation of the Google GenAI client (Gemini API and Vertex AI)."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.model import Call, LogEvent, RawSpan

_SCOPES = (
    "opentelemetry.instrumentation.google_genai",
    "opentelemetry.instrumentation.genai.google",
    "opentelemetry.instrumentation.vertexai",
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name.startswith(_SCOPES)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    return finish(read_conventions(span, events))


DIALECT = Dialect("google_genai", rank=51, speaks=_speaks, read=_read, needs=_SCOPES)
