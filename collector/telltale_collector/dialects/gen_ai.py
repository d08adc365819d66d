"""OpenTelemetry's GenAI semantic conventions, with Telltale's own attributes for what they lack.

Source: OpenTelemetry semantic conventions for generative AI (spans, agent spans, events). Message content comes in
attributes, in span events, or in log events that are joined by trace and span id.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale import semconv as names
from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._messages import messages, plain
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._values import boolean, real, text
from telltale_collector.model import Attributes, Call, Kind, LogEvent, RawSpan, Verdict

_MARKS = (names.OPERATION, names.SPAN_KIND, names.PROVIDER, names.SYSTEM_OLD, names.REQUEST_MODEL, names.INPUT_MESSAGES)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return any(mark in given for mark in _MARKS)


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    _read_kind(call, given)
    if call.ttft_ns is None:
        call.ttft_ns = first_token_ns(span)
    _read_whole_content(call, given)
    if not call.input_messages:
        call.input_messages = plain(given.get(names.INPUT_VALUE))
    if not call.output_messages:
        call.output_messages = plain(given.get(names.OUTPUT_VALUE))
    if boolean(given.get(names.STREAM_CANCELLED)) or boolean(given.get(names.CANCELLED)):
        call.finish_reason = "cancelled"
    _read_guard(call, given)
    if call.kind == "tool":
        _read_tool_messages(call)
    return finish(call)


def _read_whole_content(call: Call, given: Attributes) -> None:
    """Before there were message attributes, the prompt and the completion were one attribute each."""
    if not call.input_messages and "gen_ai.prompt" in given:
        asked = read_request(given["gen_ai.prompt"])
        call.input_messages = asked.input_messages or messages(given["gen_ai.prompt"], "user")
    if not call.output_messages and "gen_ai.completion" in given:
        answered = read_response(given["gen_ai.completion"])
        call.output_messages = answered.output_messages or messages(given["gen_ai.completion"], "assistant")


def _read_kind(call: Call, given: Attributes) -> None:
    stated = given.get(names.SPAN_KIND)
    if stated in names.KINDS:
        kind: Kind = stated
        call.kind = kind
    elif _guard_name(given) is not None:
        call.kind = "guardrail"
    elif call.operation is None and call.request_model is not None:
        call.kind = "llm" if call.output_tokens is not None or call.input_messages else "span"


def _read_tool_messages(call: Call) -> None:
    """Some frameworks carry a tool's arguments and result in message events."""
    if call.tool_arguments is None and call.tool_result is None:
        call.tool_arguments = next((found.content for found in call.input_messages if found.content), None)
        call.tool_result = next((found.content for found in call.output_messages if found.content), None)


def _guard_name(given: Attributes) -> str | None:
    return text(given.get(names.GUARD_NAME)) or text(given.get("guard.name"))


def _read_guard(call: Call, given: Attributes) -> None:
    call.guard_name = _guard_name(given)
    if call.guard_name is None:
        return
    call.guard_stage = text(given.get(names.GUARD_STAGE))
    call.guard_reason = text(given.get(names.GUARD_REASON))
    score = given.get(names.GUARD_SCORE)
    call.guard_score = real(given.get("guard.score") if score is None else score)
    verdict = given.get(names.GUARD_VERDICT)
    passed = boolean(given.get("guard.passed"))
    if verdict in names.GUARD_VERDICTS:
        stated: Verdict = verdict
        call.guard_verdict = stated
    elif passed is not None:
        call.guard_verdict = "pass" if passed else "block"


DIALECT = Dialect("gen_ai", rank=90, speaks=_speaks, read=_read, needs=_MARKS)
