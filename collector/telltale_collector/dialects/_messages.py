"""Messages in the shapes that providers and conventions use, as canonical messages.

Understood: OpenTelemetry's ``{"role", "parts": [{"type", ...}]}``, the chat shape ``{"role", "content", "tool_calls"}``
with content as text or as typed parts, and plain strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from telltale_collector.dialects._values import dumps, parsed, text
from telltale_collector.model import AttributeValue, FinishReason, Json, Message

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "finish_reason_stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "incomplete": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
    "guardrail_intervened": "content_filter",
    "error": "error",
    "failed": "error",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}


def finish_reason(raw: str | None) -> FinishReason | None:
    """The canonical word for a provider's; None for one that is not known."""
    return None if raw is None else _FINISH_REASONS.get(raw.lower().replace("-", "_"))


def messages(value: AttributeValue, default_role: str) -> list[Message]:
    """Read a list of messages (or one message, or plain text)."""
    value = parsed(value)
    if value is None or value == "" or value == []:
        return []
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list):
        return [Message(default_role, text(value) or "")]
    return [found for element in value for found in _read_message(parsed(element), default_role)]


def system_message(value: AttributeValue) -> list[Message]:
    """System instructions: text, a list of texts, or a list of parts."""
    value = parsed(value)
    if value is None or value == "" or value == []:
        return []
    if not isinstance(value, list):
        value = [value]
    message = Message("system")
    _add_parts(message, value)
    return [message]


def _read_message(value: Json, default_role: str) -> list[Message]:
    if not isinstance(value, Mapping):
        found = text(value)
        return [] if found is None else [Message(default_role, found)]
    message = Message(text(value.get("role")) or default_role)
    message.tool_call_id = text(value.get("tool_call_id"))
    content = value.get("parts", value.get("content"))
    answers = _tool_answers(content)
    if answers:
        return answers
    _add_parts(message, content if isinstance(content, list) else [content])
    for call in value.get("tool_calls") or []:
        _add_tool_call(message, call)
    message.reasoning = message.reasoning or text(value.get("reasoning_content"))
    return [message]


def _tool_answers(content: Json) -> list[Message]:
    """A message that only carries tool results: one tool message each."""
    if not isinstance(content, list) or not content:
        return []
    if not all(isinstance(p, Mapping) and p.get("type") in _TOOL_ANSWERS for p in content):
        return []
    return [_tool_answer(part) for part in content]


def _tool_answer(part: Mapping[str, Any]) -> Message:
    given = next(
        (part[key] for key in ("response", "result", "content", "output") if part.get(key) is not None), None
    )
    call_id = text(part.get("id")) or text(part.get("tool_use_id")) or text(part.get("call_id"))
    return Message("tool", _joined_text(given), tool_call_id=call_id)


def _joined_text(value: Json) -> str:
    """Text, or the texts of a list of parts; any other structure as JSON."""
    if isinstance(value, list) and value and all(_is_text_part(part) for part in value):
        return "\n".join(str(part.get("text", part.get("content"))) for part in value)
    return text(value) or ""


def _is_text_part(part: Json) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text", part.get("content")), str)


def _add_parts(message: Message, parts: Iterable[Json]) -> None:
    texts: list[str] = []
    for part in parts:
        if part is None:
            continue
        if not isinstance(part, Mapping):
            texts.append(text(part) or "")
            continue
        reader = _PARTS.get(str(part.get("type", "")))
        found = reader(message, part) if reader else _other_part(message, part)
        if found is not None:
            texts.append(found)
    message.content = "\n".join(texts)


def _text_part(message: Message, part: Mapping[str, Any]) -> str | None:
    found = part.get("content", part.get("text"))
    if isinstance(found, (str, int, float)):
        return str(found)
    return _other_part(message, part)


def _reasoning_part(message: Message, part: Mapping[str, Any]) -> None:
    found = text(part.get("content") or part.get("text") or part.get("thinking") or part.get("summary"))
    message.reasoning = "\n".join(filter(None, (message.reasoning, found))) or None


def _tool_call_part(message: Message, part: Mapping[str, Any]) -> None:
    _add_tool_call(message, part)


def _tool_answer_part(message: Message, part: Mapping[str, Any]) -> str:
    answer = _tool_answer(part)
    message.tool_call_id = answer.tool_call_id
    return answer.content


def _other_part(message: Message, part: Mapping[str, Any]) -> str | None:
    if not part.get("type") and isinstance(part.get("text"), str):
        return str(part["text"])
    message.parts.append(dict(part))
    return None


_TOOL_ANSWERS = {"tool_call_response", "tool_result", "tool-result", "function_call_output"}
_PARTS: dict[str, Callable[[Message, Mapping[str, Any]], str | None]] = {
    "text": _text_part,
    "input_text": _text_part,
    "output_text": _text_part,
    "refusal": lambda _message, part: text(part.get("refusal") or part.get("content")),
    "reasoning": _reasoning_part,
    "thinking": _reasoning_part,
    "tool_call": _tool_call_part,
    "tool_use": _tool_call_part,
    "tool-call": _tool_call_part,
    "function_call": _tool_call_part,
    **dict.fromkeys(_TOOL_ANSWERS, _tool_answer_part),
}


def _add_tool_call(message: Message, call: Json) -> None:
    call = parsed(call)
    if not isinstance(call, Mapping):
        return
    inner = call.get("function")
    function = inner if isinstance(inner, Mapping) else call
    arguments = function.get("arguments", function.get("input", function.get("args")))
    message.tool_calls.append(
        {
            "id": text(call.get("id") or call.get("call_id") or call.get("toolCallId")),
            "name": text(function.get("name") or function.get("toolName")),
            "arguments": parsed(arguments),
        }
    )


def plain(value: AttributeValue) -> list[Message]:
    """A value that is no conversation (a query, a function's arguments): a message without a role."""
    if value is None or value == "":
        return []
    return [Message("", value if isinstance(value, str) else dumps(value))]
