"""Google's Agent Development Kit: the conventions' names, and the raw request and answer of Gemini beside them."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._values import first, mapping, text, word
from telltale_collector.model import Call, Kind, LogEvent, RawSpan

_PREFIX = "gcp.vertex.agent."
_KINDS: dict[str, Kind] = {"call_llm": "llm", "execute_tool": "tool", "invoke_agent": "agent", "agent_run": "agent"}


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name == "gcp.vertex.agent" or f"{_PREFIX}llm_request" in span.attributes


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    if call.kind == "span":
        named = span.name.partition(" ")[0]
        call.kind = _KINDS.get(named, "chain" if named == "invocation" else "span")
    answered = mapping(given.get(f"{_PREFIX}llm_response"))
    if "content" in answered:  # one candidate, without the list around it
        answered = {"candidates": [answered], **answered}
    fill(call, read_request(given.get(f"{_PREFIX}llm_request")), read_response(answered))
    call.tool_arguments = call.tool_arguments or text(given.get(f"{_PREFIX}tool_call_args"))
    call.tool_result = call.tool_result or text(first(given, f"{_PREFIX}tool_response"))
    call.session_id = word(given.get(f"{_PREFIX}session_id"))
    return finish(call)


DIALECT = Dialect(
    "google_adk", rank=22, speaks=_speaks, read=_read, needs=("gcp.vertex.agent", f"{_PREFIX}llm_request")
)
