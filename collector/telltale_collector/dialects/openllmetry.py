"""OpenLLMetry (Traceloop) since it speaks the GenAI conventions: its library instrumentations and its SDK's decorators.

Finish reasons are OpenTelemetry's words already (``tool_call``, ``stop``), not the provider's.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._traceloop import (
    KIND,
    is_step,
    is_vector_query,
    read_entity_documents,
    read_step,
    read_vector_results,
    tool_arguments,
    tool_result,
)
from telltale_collector.model import Call, LogEvent, RawSpan


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    steps = is_step(span) or "gen_ai.is_streaming" in given or "traceloop.entity.name" in given
    return steps or is_vector_query(span)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    call = read_conventions(span, events)
    if is_vector_query(span):
        found = read_vector_results(span)
        call.kind = found.kind
        fill(call, found)
    elif call.kind == "retriever":
        read_entity_documents(call, span)
    elif is_step(span):
        step = read_step(span)
        call.kind = step.kind if step.kind != "span" else call.kind
        fill(call, step)
    if call.kind == "tool":
        call.tool_arguments, call.tool_result = tool_arguments(call.tool_arguments), tool_result(call.tool_result)
    call.ttft_ns = call.ttft_ns if call.ttft_ns is not None else first_token_ns(span)
    return finish(call)


DIALECT = Dialect(
    "openllmetry",
    rank=40,
    speaks=_speaks,
    read=_read,
    needs=(KIND, "gen_ai.is_streaming", "traceloop.entity.name", "db.system", "db.system.name"),
)
