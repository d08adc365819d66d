"""Langfuse's Python and JavaScript SDKs (OpenTelemetry based), and applications that set ``langfuse.observation.*``.

Source: Langfuse SDK attributes. Inputs and outputs are JSON or text. ``usage_details`` has either the provider's own
keys, or Langfuse's own (``input``, ``output``, ``cache_…``), which never overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._guards import read_guard
from telltale_collector.dialects._messages import messages, plain, texts
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_disjoint, read_usage
from telltale_collector.dialects._values import iso_time_ns, mapping, money, parsed, text, unquoted, word
from telltale_collector.model import AttributeValue, Call, Kind, LogEvent, RawSpan

_PREFIX = "langfuse.observation."
_TYPE = f"{_PREFIX}type"
_KINDS: dict[str, Kind] = {
    "generation": "llm",
    "embedding": "embedding",
    "agent": "agent",
    "tool": "tool",
    "chain": "chain",
    "retriever": "retriever",
    "evaluator": "evaluator",
    "guardrail": "guardrail",
}
_LIBRARYS_OWN = frozenset({"finish_reason"})
"""Observation metadata that the SDK writes, not the application."""


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return _TYPE in span.attributes


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = {key[len(_PREFIX) :]: value for key, value in span.attributes.items() if key.startswith(_PREFIX)}
    call = Call(kind=_KINDS.get(str(given.get("type")), "span"))
    _READERS.get(call.kind, _read_step)(call, given)
    if call.kind in {"llm", "embedding"}:
        _read_model(call, given, span)
        fill(call, read_conventions(span, events))
    if call.kind == "guardrail":
        call.guard_name = call.guard_name or span.name
    if call.kind == "tool":
        call.tool_name = span.name
    _read_metadata(call, given)
    return finish(call)


def _read_model(call: Call, given: Mapping[str, Any], span: RawSpan) -> None:
    """``model.name`` is the answer's model; of a call that failed, the model asked for; of an embedding, both."""
    named = word(given.get("model.name"))
    failed = given.get("level") == "ERROR"
    if failed or call.kind == "embedding":
        call.request_model = call.request_model or named
    if not failed:
        call.response_model = call.response_model or named
    read_params(call, given.get("model.parameters"))
    fill(call, _read_usage(given.get("usage_details")))
    _read_cost(call, mapping(given.get("cost_details")))
    started = iso_time_ns(given.get("completion_start_time"))
    if started is not None and started >= span.start_time:
        call.ttft_ns = started - span.start_time
    call.finish_reason_raw = unquoted(given.get("metadata.finish_reason")) or call.finish_reason_raw
    call.finish_reason = finish_reason(call.finish_reason_raw) or call.finish_reason


def _read_usage(value: AttributeValue) -> Call:
    usage = mapping(value)
    return read_disjoint(usage) if "input" in usage or "output" in usage else read_usage(usage)


def _read_cost(call: Call, cost: Mapping[str, Any]) -> None:
    """Costs by class: all that is no output and no total was paid for input."""
    paid = {str(key): found for key, value in cost.items() if (found := money(value)) is not None}
    if not paid or not any(paid.values()):
        return  # the SDK writes zeros for a call that failed
    outputs = [usd for key, usd in paid.items() if key.startswith("output")]
    inputs = [usd for key, usd in paid.items() if not key.startswith("output") and key != "total"]
    call.output_cost_usd = sum(outputs, Decimal(0)) if outputs else None
    call.input_cost_usd = sum(inputs, Decimal(0)) if inputs else None
    call.cost_usd = paid.get("total", sum(inputs, Decimal(0)) + sum(outputs, Decimal(0)))


def _read_generation(call: Call, given: Mapping[str, Any]) -> None:
    asked, answered = parsed(given.get("input")), parsed(given.get("output"))
    request, response = read_request(asked), read_response(answered)
    call.input_messages = request.input_messages or messages(asked, "user")
    call.output_messages = response.output_messages or messages(answered, "assistant")
    if isinstance(asked, dict):
        call.tools = request.tools or tool_definitions(asked.get("tools"))
    fill(call, response, request)


def _read_embedding(call: Call, given: Mapping[str, Any]) -> None:
    asked = parsed(given.get("input"))
    inner = asked.get("input", asked) if isinstance(asked, dict) else asked
    call.input_messages = texts(inner if isinstance(inner, list) else [inner])


def _read_retriever(call: Call, given: Mapping[str, Any]) -> None:
    call.input_messages = plain(given.get("input"))
    call.documents = read_documents(given.get("output"))


def _read_tool(call: Call, given: Mapping[str, Any]) -> None:
    call.tool_arguments = text(given.get("input"))
    call.tool_result = unquoted(given.get("output"))


def _read_guardrail(call: Call, given: Mapping[str, Any]) -> None:
    _read_step(call, given)
    fill(call, read_guard(given.get("output")))


def _read_step(call: Call, given: Mapping[str, Any]) -> None:
    call.input_messages = plain(given.get("input"))
    call.output_messages = plain(given.get("output"))


def _read_metadata(call: Call, given: Mapping[str, Any]) -> None:
    for key, value in given.items():
        name = key.removeprefix("metadata.")
        if name != key and name not in _LIBRARYS_OWN and (found := unquoted(value)) is not None:
            call.metadata[name] = found
    for key, value in mapping(given.get("metadata")).items():
        if (found := text(value)) is not None:
            call.metadata.setdefault(str(key), found)


_READERS = {
    "llm": _read_generation,
    "embedding": _read_embedding,
    "retriever": _read_retriever,
    "tool": _read_tool,
    "guardrail": _read_guardrail,
}

DIALECT = Dialect("langfuse", rank=10, speaks=_speaks, read=_read, needs=(_TYPE,))
