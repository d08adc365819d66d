"""Grafana's agento11y (before: Sigil): generations as spans, with the GenAI conventions' names of its own time.

``gen_ai.token.semantics`` tells whether input tokens include cached ones. In its OpenTelemetry mode it writes the
conventions with messages; otherwise content goes to its own store, not into OTLP.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._usage import add_cached
from telltale_collector.dialects._values import mapping, text, word
from telltale_collector.model import Attributes, Call, LogEvent, RawSpan

_CHAT = {"generatetext": False, "streamtext": True}


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return "agento11y.sdk.name" in given or "sigil.sdk.name" in given or "/sigil/" in span.scope_name


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    streams = _CHAT.get((call.operation or "").lower())
    if streams is not None:
        call.operation = "chat"
        call.stream = streams if call.stream is None else call.stream
    if given.get("gen_ai.token.semantics") == "exclusive":
        add_cached(call)
    call.ttft_ns = first_token_ns(span) if call.ttft_ns is None else call.ttft_ns
    call.error_type = word(given.get("error.type")) or word(given.get("error.category"))
    _read_context(call, given)
    return finish(call)


def _read_context(call: Call, given: Attributes) -> None:
    call.user_id = word(given.get("user.id")) or word(given.get("agento11y.user.id"))
    for key in ("agento11y.generation.tags", "agento11y.generation.metadata"):
        for name, value in mapping(given.get(key)).items():
            if not str(name).startswith("agento11y.") and (found := text(value)) is not None:
                call.metadata.setdefault(str(name), found)


DIALECT = Dialect(
    "agento11y", rank=17, speaks=_speaks, read=_read, needs=("agento11y.sdk.name", "sigil.sdk.name", "/sigil/")
)
