"""NeMo Guardrails: requests, rails and actions as spans; the calls inside speak the GenAI conventions."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._guards import stage
from telltale_collector.dialects._messages import plain
from telltale_collector.dialects._values import boolean, first, text, word
from telltale_collector.model import Call, LogEvent, RawSpan

_MARKS = ("rail.type", "rail.name", "action.has_llm_calls")
_REQUEST = "guardrails.request"


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.name == _REQUEST or any(mark in span.attributes for mark in _MARKS)


def _read(span: RawSpan, _events: Sequence[LogEvent]) -> Call:
    """A rail that stops blocks; rails that lead the dialogue are steps, not guards."""
    given = span.attributes
    call = Call(kind="chain")
    call.input_messages = plain(first(given, "guardrails.rail.input", "guardrails.request.input"))
    call.output_messages = plain(given.get("guardrails.request.output"))
    guarded = stage(given.get("rail.type"))
    if guarded is not None:
        call.kind, call.guard_stage = "guardrail", guarded
        call.guard_name = word(given.get("rail.name"))
        call.guard_verdict = "block" if boolean(given.get("rail.stop")) else "pass"
        call.guard_reason = text(given.get("guardrails.rail.reason"))
    return finish(call)


DIALECT = Dialect("nemo_guardrails", rank=21, speaks=_speaks, read=_read)
