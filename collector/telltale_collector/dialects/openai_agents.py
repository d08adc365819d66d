"""The OpenAI Agents SDK through its OpenTelemetry instrumentations: conventions, with workflow and agent steps around.

OpenInference's and Logfire's instrumentations of it speak their own dialects.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._guards import read_guard
from telltale_collector.dialects._traceloop import is_step, read_step
from telltale_collector.model import Call, Kind, LogEvent, RawSpan

_KINDS: dict[str, Kind] = {"handoff": "agent", "guardrail": "guardrail", "function": "tool", "workflow": "chain"}
_KIND_KEYS = ("gen_ai.operation.name", "openai.agents.span.type", "agent.span.type", "traceloop.span.kind")


_SCOPES = ("opentelemetry.instrumentation.openai_agents", "openai.agents", "agents.")


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name.startswith(_SCOPES)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    if call.kind == "span":
        call.kind = next((_KINDS[found] for key in _KIND_KEYS if (found := str(given.get(key))) in _KINDS), "span")
    if is_step(span):
        fill(call, read_step(span))
    if call.kind == "guardrail":
        fill(call, read_guard(given), Call(guard_name=span.name))
    return finish(call)


DIALECT = Dialect("openai_agents", rank=35, speaks=_speaks, read=_read, needs=_SCOPES)
