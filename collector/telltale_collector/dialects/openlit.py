"""OpenLIT: the GenAI conventions, with habits of its own.

Anthropic's and Bedrock's input tokens leave the cached ones out; a cost of 0 means that OpenLIT knew no
price; the time to first token is set for calls that do not stream too; a call's answer repeats its tool call
as ``gen_ai.tool.*``.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._usage import add_cached
from telltale_collector.dialects._values import duration_ns, text
from telltale_collector.model import Call, LogEvent, RawSpan

_CACHED_APART = frozenset({"anthropic", "aws.bedrock"})


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name.startswith("openlit") or span.attributes.get("telemetry.sdk.name") == "openlit"


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    if call.kind in {"llm", "embedding"}:
        call.tool_name = call.tool_arguments = call.tool_result = None
    if call.provider in _CACHED_APART:
        add_cached(call)
    if not call.cost_usd:
        call.cost_usd = None
    if call.stream:
        waited = duration_ns(given.get("gen_ai.server.time_to_first_token"), 1e9)
        call.ttft_ns = waited if call.ttft_ns is None else call.ttft_ns
        call.ttft_ns = first_token_ns(span) if call.ttft_ns is None else call.ttft_ns
    if call.kind == "span" and "db.system.name" in given:
        call.kind = "retriever" if text(given.get("db.operation.name")) in {"query", "search", "get"} else "span"
    return finish(call)


DIALECT = Dialect("openlit", rank=18, speaks=_speaks, read=_read, needs=("openlit", "telemetry.sdk.name"))
