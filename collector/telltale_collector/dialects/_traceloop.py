"""What Traceloop's SDK writes on the steps of an application: workflows, tasks, agents, tools."""

from __future__ import annotations

from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._messages import plain
from telltale_collector.dialects._values import dumps, first, mapping, text, unquoted, word
from telltale_collector.model import AttributeValue, Call, Kind, RawSpan

KIND = "traceloop.span.kind"
_KINDS: dict[str, Kind] = {"workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool"}


def is_step(span: RawSpan) -> bool:
    return KIND in span.attributes


def read_step(span: RawSpan) -> Call:
    """A step of the application, with what its function was given and returned."""
    given = span.attributes
    call = Call(kind=_KINDS.get(str(given.get(KIND)).lower(), "span"))
    asked, answered = given.get("traceloop.entity.input"), given.get("traceloop.entity.output")
    if call.kind == "tool":
        call.tool_name = word(first(given, "gen_ai.tool.name", "traceloop.entity.name"))
        call.tool_arguments = _arguments(asked)
        call.tool_result = unquoted(answered)
    else:
        call.input_messages = plain(asked)
        call.output_messages = plain(answered)
    return call


def read_entity_documents(call: Call, span: RawSpan) -> None:
    """Of a retriever: the query and what it returned."""
    call.input_messages = call.input_messages or plain(span.attributes.get("traceloop.entity.input"))
    call.documents = call.documents or read_documents(span.attributes.get("traceloop.entity.output"))


def _arguments(value: AttributeValue) -> str | None:
    """``{"args": [], "kwargs": {...}}`` is the call of a Python function: its keywords are the arguments."""
    given = mapping(value)
    keywords = mapping(given.get("kwargs"))
    return dumps(keywords) if keywords and not given.get("args") else text(value)
