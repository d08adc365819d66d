"""Logfire's own instrumentations of OpenAI and Anthropic.

A streamed call is two spans: the request, and a zero-length "log" span with the answer and its usage. Cached
and reasoning tokens are only in the provider's raw usage. Before version 4, request and answer were JSON in
``request_data`` and ``response_data``.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._events import read_event_list
from telltale_collector.dialects._messages import messages
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping
from telltale_collector.model import Attributes, Call, LogEvent, RawSpan


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return "logfire.msg_template" in given and ("request_data" in given or "gen_ai.operation.name" in given)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    if "request_data" in given:
        _read_request_data(call, given)
    read_event_list(call, given.get("events"))
    if "gen_ai.usage.raw" in given:
        fill(call, read_usage(given["gen_ai.usage.raw"]))
    if call.kind == "llm" and given.get("logfire.span_type") == "log":
        call.stream = True
    return finish(call)


def _read_request_data(call: Call, given: Attributes) -> None:
    asked = read_request(given["request_data"])
    answer = mapping(given.get("response_data"))
    answered = read_response(answer)
    if not answered.output_messages and answer:
        said = first(answer, "message", "combined_chunk_content", "text")
        answered = fill(Call(output_messages=messages([said], "assistant")), read_usage(answer.get("usage")))
    if call.kind == "span" and (asked.input_messages or call.request_model):
        call.kind = "llm"
    fill(call, answered, asked)
    call.request_model = call.request_model or asked.request_model


DIALECT = Dialect("logfire", rank=60, speaks=_speaks, read=_read, needs=("logfire.msg_template",))
