"""Pydantic AI: the GenAI conventions, with agents that sum their calls' usage under ``gen_ai.aggregated_usage.*``.

Its instrumentation formats 1 and 2 keep messages as a list of events in one attribute, and tools' arguments
and results in ``tool_arguments`` and ``tool_response``.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._events import read_event_list
from telltale_collector.dialects._messages import messages, plain
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._values import first, mapping, text, word
from telltale_collector.model import Attributes, Call, Kind, LogEvent, RawSpan

_KINDS_BY_NAME: dict[str, Kind] = {"agent run": "agent", "running tool": "tool", "running tools": "chain"}


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name == "pydantic-ai" or "pydantic_ai.all_messages" in span.attributes


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    call.kind = _KINDS_BY_NAME.get(span.name, call.kind)
    read_event_list(call, given.get("events"))
    if call.kind == "agent":
        _read_agent(call, given)
    if call.kind == "tool":
        call.tool_name = call.tool_name or word(given.get("gen_ai.tool.name"))
        call.tool_arguments = call.tool_arguments or text(given.get("tool_arguments"))
        call.tool_result = call.tool_result or text(given.get("tool_response"))
    if call.kind == "llm" and not call.tools:
        parameters = mapping(given.get("model_request_parameters"))
        call.tools = tool_definitions(first(parameters, "function_tools"))
    return finish(call)


def _read_agent(call: Call, given: Attributes) -> None:
    """The conversation is the run's; its answer is the final result."""
    call.request_model = call.request_model or word(given.get("model_name"))
    whole = messages(given.get("pydantic_ai.all_messages"), "user")
    read_event_list(call, given.get("all_messages_events"))
    call.input_messages = call.input_messages + whole if call.input_messages or whole else []
    call.output_messages = plain(given.get("final_result")) or call.output_messages


DIALECT = Dialect("pydantic_ai", rank=16, speaks=_speaks, read=_read, needs=("pydantic-ai", "pydantic_ai.all_messages"))
