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
        call.tool_arguments = tool_arguments(asked)
        call.tool_result = tool_result(answered)
    else:
        call.input_messages = plain(asked)
        call.output_messages = plain(answered)
    return call


def read_entity_documents(call: Call, span: RawSpan) -> None:
    """Of a retriever: the query and what it returned."""
    asked = span.attributes.get("traceloop.entity.input")
    inner = first(mapping(asked), "inputs", "input", "query")
    call.input_messages = call.input_messages or plain(inner if isinstance(inner, str) else asked)
    call.documents = call.documents or read_documents(span.attributes.get("traceloop.entity.output"))


def is_vector_query(span: RawSpan) -> bool:
    """A vector store's query: its results are events."""
    given = span.attributes
    if "db.system" not in given and "db.system.name" not in given:
        return False
    return "db.vector.query.top_k" in given or any(event.name == _RESULT for event in span.events)


def read_vector_results(span: RawSpan) -> Call:
    """Documents in the order returned. A distance is no score: it stays raw."""
    prefix = len(_RESULT) + 1
    found = [
        {key[prefix:]: value for key, value in event.attributes.items()}
        for event in span.events
        if event.name == _RESULT
    ]
    return Call(kind="retriever", documents=read_documents(found))


_RESULT = "db.query.result"


def tool_arguments(value: AttributeValue) -> str | None:
    """What the tool was called with, without the call around it.

    ``{"args": [], "kwargs": {...}}`` is the call of a Python function: its keywords are the arguments. LangChain's
    callbacks put them beside their own settings, as ``inputs``.
    """
    given = mapping(value)
    inputs = mapping(given.get("inputs")) if "kwargs" in given else {}
    keywords = inputs or mapping(given.get("kwargs"))
    return dumps(keywords) if keywords and not given.get("args") else text(value)


def tool_result(value: AttributeValue) -> str | None:
    """What the tool returned; LangChain's callbacks put it beside their own settings, as ``output``."""
    given = mapping(value)
    return text(given["output"]) if "output" in given and "kwargs" in given else unquoted(value)
