"""OpenTelemetry's GenAI semantic conventions, with Telltale's own attributes for what they lack.

Source: OpenTelemetry semantic conventions for generative AI (spans, agent spans, events). Message content comes in
attributes, in span events, or in log events that are joined by trace and span id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telltale import semconv as names
from telltale_collector.dialects import Dialect
from telltale_collector.dialects._messages import finish_reason, messages, plain, system_message
from telltale_collector.dialects._values import (
    boolean,
    integer,
    objects,
    parsed,
    real,
    signed_integer,
    strings,
    text,
)
from telltale_collector.model import Attributes, Call, Document, Kind, LogEvent, Message, RawSpan, SpanEvent

_KIND_OF_OPERATION: dict[str, Kind] = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "fetch_response": "llm",
    "embeddings": "embedding",
    "retrieval": "retriever",
    "rerank": "reranker",
    "execute_tool": "tool",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "chain",
    "plan": "chain",
}
_ROLE_OF_EVENT = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CONTENT_EVENTS = {names.DETAILS_EVENT, *names.MESSAGE_EVENTS}


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return names.OPERATION in given or names.SPAN_KIND in given


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    content = [*_content_of(span.events), *((event.name, event.attributes, event.body) for event in events)]
    given: Attributes = _details(content) | span.attributes
    call = Call(operation=text(given.get(names.OPERATION)))
    call.kind = _kind(given, call.operation)
    _read_request(call, given)
    _read_response(call, given)
    _read_usage(call, given)
    _read_messages(call, given, content)
    _read_tool(call, given)
    _read_documents(call, given)
    _read_guard(call, given)
    return call


Content = tuple[str, Attributes, Any]


def _content_of(events: Iterable[SpanEvent]) -> list[Content]:
    return [(event.name, event.attributes, None) for event in events if event.name in _CONTENT_EVENTS]


def _details(content: Iterable[Content]) -> dict[str, Any]:
    """The attributes that an "operation details" event carries in place of the span."""
    merged: dict[str, Any] = {}
    for name, attributes, _ in content:
        if name == names.DETAILS_EVENT:
            merged |= attributes
    return merged


def _kind(given: Attributes, operation: str | None) -> Kind:
    stated = given.get(names.SPAN_KIND)
    if stated in names.KINDS:
        kind: Kind = stated
        return kind
    if _guard_name(given) is not None:
        return "guardrail"
    return _KIND_OF_OPERATION.get(operation or "", "span")


def _read_request(call: Call, given: Attributes) -> None:
    call.provider = text(given.get(names.PROVIDER)) or text(given.get(names.SYSTEM_OLD))
    call.request_model = text(given.get(names.REQUEST_MODEL))
    call.stream = boolean(given.get(names.REQUEST_STREAM))
    call.temperature = real(given.get(names.REQUEST_TEMPERATURE))
    call.top_p = real(given.get(names.REQUEST_TOP_P))
    call.top_k = real(given.get(names.REQUEST_TOP_K))
    call.max_tokens = integer(given.get(names.REQUEST_MAX_TOKENS))
    call.seed = signed_integer(given.get(names.REQUEST_SEED))
    call.frequency_penalty = real(given.get(names.REQUEST_FREQUENCY_PENALTY))
    call.presence_penalty = real(given.get(names.REQUEST_PRESENCE_PENALTY))
    call.stop_sequences = strings(given.get(names.REQUEST_STOP_SEQUENCES))
    call.choice_count = integer(given.get(names.REQUEST_CHOICE_COUNT))
    call.reasoning_effort = text(given.get(names.REQUEST_REASONING))
    tools = parsed(given.get(names.TOOL_DEFINITIONS))
    call.tools = [parsed(tool) for tool in tools] if isinstance(tools, list) else []


def _read_response(call: Call, given: Attributes) -> None:
    call.response_model = text(given.get(names.RESPONSE_MODEL))
    call.response_id = text(given.get(names.RESPONSE_ID))
    ttft_s = real(given.get(names.RESPONSE_TTFT_S))
    if ttft_s is not None and 0 <= ttft_s < 1e9:
        call.ttft_ns = round(ttft_s * 1e9)
        call.stream = True if call.stream is None else call.stream
    call.finish_reason_raw = next(iter(strings(given.get(names.RESPONSE_FINISH_REASONS))), None)
    call.finish_reason = finish_reason(call.finish_reason_raw)
    if boolean(given.get(names.STREAM_CANCELLED)):
        call.finish_reason = "cancelled"


def _read_usage(call: Call, given: Attributes) -> None:
    """Input includes cached tokens and output includes reasoning tokens, by the conventions."""
    call.input_tokens = integer(given.get(names.USAGE_INPUT_TOKENS))
    call.output_tokens = integer(given.get(names.USAGE_OUTPUT_TOKENS))
    call.cache_read_tokens = integer(given.get(names.USAGE_CACHE_READ))
    call.cache_write_tokens = integer(given.get(names.USAGE_CACHE_WRITE))
    if call.cache_write_tokens is None:
        call.cache_write_tokens = integer(given.get(names.USAGE_CACHE_WRITE_OLD))
    call.reasoning_tokens = integer(given.get(names.USAGE_REASONING))
    if call.input_tokens is not None or call.output_tokens is not None:
        call.tokens_source = "provider"


def _read_messages(call: Call, given: Attributes, content: Sequence[Content]) -> None:
    system = system_message(given.get(names.SYSTEM_INSTRUCTIONS))
    asked = messages(given.get(names.INPUT_MESSAGES), "user")
    answered = given.get(names.OUTPUT_MESSAGES)
    call.input_messages = system + asked or _input_of_events(content)
    call.output_messages = messages(answered, "assistant") or _output_of_events(call, content)
    if call.finish_reason_raw is None:
        reasons = [text(message.get("finish_reason")) for message in objects(answered)]
        call.finish_reason_raw = next(filter(None, reasons), None)
        call.finish_reason = call.finish_reason or finish_reason(call.finish_reason_raw)
    if not call.input_messages:
        value = given.get(names.RETRIEVAL_QUERY)
        call.input_messages = plain(given.get(names.INPUT_VALUE) if value is None else value)
    if not call.output_messages:
        call.output_messages = plain(given.get(names.OUTPUT_VALUE))


def _input_of_events(content: Iterable[Content]) -> list[Message]:
    found: list[Message] = []
    for name, attributes, body in content:
        role = _ROLE_OF_EVENT.get(name)
        if role is not None:
            found += messages([_payload(attributes, body)], role)
    return found


def _output_of_events(call: Call, content: Iterable[Content]) -> list[Message]:
    found: list[Message] = []
    for name, attributes, body in content:
        if name != "gen_ai.choice":
            continue
        choice = _payload(attributes, body)
        message = parsed(choice.get("message"))
        merged = {**choice, **(message if isinstance(message, Mapping) else {"content": message})}
        found += messages([{**merged, "role": merged.get("role") or "assistant"}], "assistant")
        call.finish_reason_raw = call.finish_reason_raw or text(choice.get("finish_reason"))
    call.finish_reason = call.finish_reason or finish_reason(call.finish_reason_raw)
    return found


def _payload(attributes: Attributes, body: Any) -> Mapping[str, Any]:
    """A message event keeps its fields in the body (log events) or in the attributes (span events)."""
    if isinstance(body, Mapping):
        return {**body, "tool_call_id": body.get("tool_call_id") or body.get("id")}
    return attributes if body is None else {"content": body}


def _read_tool(call: Call, given: Attributes) -> None:
    call.tool_name = text(given.get(names.TOOL_NAME))
    call.tool_arguments = text(given.get(names.TOOL_CALL_ARGUMENTS))
    call.tool_result = text(given.get(names.TOOL_CALL_RESULT))


def _read_documents(call: Call, given: Attributes) -> None:
    for rank, document in enumerate(objects(given.get(names.RETRIEVAL_DOCUMENTS)), start=1):
        call.documents.append(
            Document(
                id=text(document.get("id")),
                content=text(document.get("content", document.get("text"))),
                score=real(document.get("score")),
                rank=rank,
                metadata=parsed(document.get("metadata")),
            )
        )


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
        call.guard_verdict = verdict
    elif passed is not None:
        call.guard_verdict = "pass" if passed else "block"


DIALECT = Dialect("gen_ai", rank=50, speaks=_speaks, read=_read)
