"""The Responses API: requests, whole answers, and answers in events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, Choice, ToolCall, text_part, tool_call_part
from telltale.instruments._fields import field, items, only, parameters
from telltale.instruments._openai_fields import content_parts, extras, tools_attribute, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKENS: Final = ("input", "output")
_PARAMETERS: Final = {
    "model": semconv.REQUEST_MODEL,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "max_output_tokens": semconv.REQUEST_MAX_TOKENS,
    "conversation": semconv.CONVERSATION_ID,
    "service_tier": semconv.OPENAI_REQUEST_SERVICE_TIER,
}
_REASONS: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}
_STATUSES: Final = {"failed": "error", "cancelled": "cancelled", "incomplete": "length"}
_LAST_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


asked: Final = only("input", "instructions", "tools")


def request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The call's arguments as span attributes, but for its content."""
    attributes = parameters(kwargs, _PARAMETERS)
    nested = {
        semconv.REQUEST_REASONING: field(kwargs.get("reasoning"), "effort"),
        semconv.CONVERSATION_ID: field(kwargs.get("conversation"), "id"),
    }
    attributes |= {key: value for key, value in nested.items() if isinstance(value, str)}
    attributes[semconv.OPENAI_API_TYPE] = "responses"
    return attributes


def content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, the instructions, and the tools that are offered."""
    given, instructions = kwargs.get("input"), kwargs.get("instructions")
    messages = [_message(given)] if isinstance(given, str) else [_message(item) for item in items(given)]
    attributes: dict[str, Any] = {semconv.INPUT_MESSAGES: to_json(messages), **tools_attribute(kwargs.get("tools"))}
    if isinstance(instructions, str):
        attributes[semconv.SYSTEM_INSTRUCTIONS] = to_json([text_part(instructions)])
    return attributes


def _message(item: Any) -> dict[str, Any]:
    kind = field(item, "type")
    if isinstance(item, str):
        return {"role": "user", "parts": [text_part(item)]}
    if kind == "function_call":
        return {"role": "assistant", "parts": [_call_part(item)]}
    if kind == "function_call_output":
        output = {
            "type": "tool_call_response",
            "id": field(item, "call_id"),
            "response": field(item, "output"),
        }
        return {"role": "tool", "parts": [output]}
    if kind == "reasoning":
        return {"role": "assistant", "parts": [{"type": "reasoning", "content": _reasoning(item)}]}
    if field(item, "role") is not None:
        return {"role": field(item, "role"), "parts": content_parts(field(item, "content"))}
    return {"role": "assistant", "parts": [{"type": str(kind), "content": item}]}


def _call_part(item: Any) -> dict[str, Any]:
    return tool_call_part(field(item, "call_id"), field(item, "name"), field(item, "arguments"))


def _reasoning(item: Any) -> str:
    pieces = items(field(item, "summary")) + items(field(item, "content"))
    return "\n".join(str(field(piece, "text") or "") for piece in pieces)


class Reader:
    """Reads one response. All its output items make up one message."""

    def __init__(self) -> None:
        self.answer = Answer()

    def whole(self, response: Any) -> None:
        self._head(response)
        choice = self.answer.choices[0] = Choice()
        for item in items(field(response, "output")):
            _add_item(choice, item)
        choice.finish_reason = _finish_reason(response, choice)
        if field(response, "status") == "failed":
            error = field(response, "error")
            self.answer.error = (str(field(error, "code") or "failed"), str(field(error, "message") or ""))

    def chunk(self, chunk: Any) -> None:
        """The last event carries the whole answer. The deltas are for streams that never reach it."""
        kind = field(chunk, "type")
        if kind in _LAST_EVENTS:
            self.whole(field(chunk, "response"))
        elif kind in {"response.created", "response.in_progress"}:
            self._head(field(chunk, "response"))
        elif kind == "error":
            self.answer.error = (str(field(chunk, "code") or "error"), str(field(chunk, "message") or ""))
        else:
            self._delta(str(kind), chunk)

    def _head(self, response: Any) -> None:
        answer = self.answer
        answer.id = field(response, "id") or answer.id
        answer.model = field(response, "model") or answer.model
        answer.extra |= extras(response)
        usage = field(response, "usage")
        if usage is not None:
            answer.usage = usage_of(usage, _TOKENS)

    def _delta(self, kind: str, event: Any) -> None:
        choice, delta = self.answer.choice(0), field(event, "delta")
        if kind == "response.output_text.delta":
            choice.text.add(delta)
        elif kind == "response.refusal.delta":
            choice.refusal.add(delta)
        elif kind in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
            choice.reasoning.add(delta)
        elif kind == "response.output_item.added" and field(event, "item", "type") == "function_call":
            item = field(event, "item")
            call = ToolCall(field(item, "call_id"), field(item, "name"))
            choice.tool_calls[field(event, "output_index")] = call
        elif kind == "response.function_call_arguments.delta":
            choice.tool_calls.setdefault(field(event, "output_index"), ToolCall()).arguments.add(delta)


def _add_item(choice: Choice, item: Any) -> None:
    kind = field(item, "type")
    if kind == "message":
        choice.parts += content_parts(field(item, "content"))
    elif kind == "function_call":
        choice.parts.append(_call_part(item))
    elif kind == "reasoning":
        choice.reasoning.add(_reasoning(item))
    else:
        choice.parts.append({"type": str(kind), "content": item})


def _finish_reason(response: Any, choice: Choice) -> str:
    reason = field(response, "incomplete_details", "reason")
    if isinstance(reason, str):
        return _REASONS.get(reason, reason)
    calls = any(part.get("type") == "tool_call" for part in choice.parts)
    return _STATUSES.get(str(field(response, "status")), "tool_calls" if calls else "stop")
