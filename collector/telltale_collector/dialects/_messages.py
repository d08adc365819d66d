"""Messages in the shapes that providers, libraries and conventions use, as canonical messages.

Understood: OpenTelemetry's ``{"role", "parts"}``, the chat shape ``{"role", "content", "tool_calls"}`` with
content as text or as parts, the items of OpenAI's Responses, Gemini's contents, LangChain's serialised
messages, and plain strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from telltale_collector.dialects._parts import (
    add_parts,
    add_tool_call,
    is_kept,
    is_known,
    is_tool_answer,
    joined_text,
    part_kind,
    tool_answer,
)
from telltale_collector.dialects._values import dumps, first, mapping, parsed, text, word
from telltale_collector.model import AttributeValue, Json, Message

_ROLES = {
    "human": "user",
    "humanmessage": "user",
    "humanmessagechunk": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
    "developer": "system",
    "function": "tool",
    "functionmessage": "tool",
}
_MESSAGE_KEYS = frozenset({"role", "content", "parts", "tool_calls", "message", "data", "lc", "text", "type", "blocks"})
_TURN_ITEMS = frozenset({"reasoning", "function_call", "custom_tool_call", "message", "output_text"})


def messages(value: AttributeValue, default_role: str) -> list[Message]:
    """Read a list of messages (or one message, or plain text)."""
    if value is None:
        return []
    value = parsed(value)
    if value in (None, "", []):
        return []
    if isinstance(value, dict):
        inner = value.get("messages")
        value = inner if isinstance(inner, list) and "role" not in value else [value]
    if not isinstance(value, list):
        return [Message(default_role, text(value) or "")]
    return _read_all(value, default_role)


def _read_all(elements: Iterable[Json], default_role: str) -> list[Message]:
    found: list[Message] = []
    in_turn = False
    for element in _flattened(elements):
        is_item = _is_turn_item(element)
        read = _read_message(element, default_role)
        if in_turn and is_item and read:
            _merge(found[-1], read[0])
        else:
            found += read
        in_turn = is_item and bool(found)
    return found


def _flattened(elements: Iterable[Json]) -> Iterable[Json]:
    """Batches hold a list of conversations, each a list of messages."""
    for element in elements:
        if isinstance(element, list):
            yield from element
        else:
            yield parsed(element)


def _is_turn_item(element: Json) -> bool:
    """One of the items that together are one answer in OpenAI's Responses."""
    if not isinstance(element, dict) or word(element.get("type")) not in _TURN_ITEMS:
        return False
    return bool(element.get("role", "assistant") == "assistant")


def _merge(message: Message, more: Message) -> None:
    message.content = "\n".join(filter(None, (message.content, more.content)))
    message.reasoning = "\n".join(filter(None, (message.reasoning, more.reasoning))) or None
    message.tool_calls += more.tool_calls
    message.parts += more.parts


def system_message(value: AttributeValue) -> list[Message]:
    """System instructions: text, a list of texts, or a list of parts."""
    if value is None:
        return []
    value = parsed(value)
    if isinstance(value, dict) and isinstance(value.get("parts"), list):
        value = value["parts"]
    if value in (None, "", []):
        return []
    message = Message("system")
    add_parts(message, value if isinstance(value, list) else [value])
    return [message]


def _read_message(value: Json, default_role: str) -> list[Message]:
    if not isinstance(value, dict):
        found = text(value)
        return [] if found is None else [Message(default_role, found)]
    whole = _said_plainly(value)
    if whole is not None:
        return [Message(value["role"], whole)]
    value = _unwrapped(value)
    if not _MESSAGE_KEYS.intersection(value):
        return _read_item(value, default_role)
    role = _role(value)
    if role is None and isinstance(value.get("type"), str) and value["type"] != "message":
        return _read_item(value, default_role)
    message = Message(role or default_role, tool_call_id=word(first(value, "tool_call_id", "toolCallId")))
    content = first(value, "parts", "content", "contents", "blocks", "text")
    answers, rest = _split(content if role == "tool" else _parts_in_text(content))
    add_parts(message, rest)
    if isinstance(content, str):
        add_parts(message, _beside(value.get("contents")))
    if not _EXTRAS.isdisjoint(value):
        _add_extras(message, value)
    said = message.content or message.tool_calls or message.parts or message.reasoning
    return [*answers, message] if said or not answers else answers


_PLAIN_ROLES = frozenset({"system", "user", "assistant"})
_PLAIN_KEYS = frozenset({"role", "content", "parts", "finish_reason"})


def _said_plainly(value: Mapping[str, Any]) -> str | None:
    """What most messages are, told at no cost: a role and a text, alone or in one part. None: look closer."""
    role = value.get("role")
    if not isinstance(role, str) or role not in _PLAIN_ROLES or not _PLAIN_KEYS.issuperset(value):
        return None
    parts = value.get("parts")
    if parts is None:
        content = value.get("content")
        return content if isinstance(content, str) and content[:1] != "[" else None
    if not isinstance(parts, list) or len(parts) != 1 or "content" in value or not isinstance(parts[0], dict):
        return None
    content = parts[0].get("content")
    is_text = len(parts[0]) == 2 and parts[0].get("type") == "text" and isinstance(content, str)
    return content if is_text else None


_ITEM_TYPES = frozenset(
    {"function_call", "function_call_output", "reasoning", "custom_tool_call", "tool_call", "tool_use"}
)


def _read_item(value: Mapping[str, Any], default_role: str) -> list[Message]:
    """Something that is a part without a message around it."""
    if is_tool_answer(value):
        return [tool_answer(value)]
    kind = word(value.get("type"))
    message = Message("assistant" if kind in _ITEM_TYPES else default_role)
    if kind is None and not _KEYED.intersection(value):
        message.content = dumps(value)
    else:
        add_parts(message, [value])
    return [message]


_KEYED = frozenset({"functionCall", "function_call", "toolUse", "reasoningContent", "text"})


def _beside(contents: Json) -> list[Json]:
    """Parts that a message has beside its content: images and the like. Texts and tool calls stand in it already."""
    found = [part.get("message_content", part) for part in contents or [] if isinstance(part, dict)]
    return [part for part in found if is_kept(part) or part_kind(part) in {"reasoning", "thinking"}]


def _parts_in_text(content: Json) -> Json:
    """Some libraries write a message's parts as JSON text. Any other JSON is what was said."""
    if not isinstance(content, str) or not content.startswith(("[{", "[ {")):
        return content
    found = parsed(content)
    return found if isinstance(found, list) and all(map(is_known, found)) else content


def _unwrapped(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message inside a choice, a flattened attribute, or LangChain's serialised forms."""
    inner = parsed(value.get("message"))
    if isinstance(inner, dict) and "role" not in value:
        return _unwrapped(inner)
    if "lc" in value and isinstance(value.get("kwargs"), dict):
        path = value.get("id")
        name = path[-1] if isinstance(path, list) and path else ""
        return {"type": name, **value["kwargs"]}
    data = value.get("data")
    if isinstance(data, dict) and str(value.get("type")).lower() in _ROLES | {"system": "", "tool": ""}:
        return {**data, "type": value["type"]}
    return value


def _role(value: Mapping[str, Any]) -> str | None:
    role = word(value.get("role"))
    if role is None:
        kind = str(value.get("type", "")).lower()
        return _ROLES.get(kind) or (kind if kind in {"system", "tool", "user", "assistant"} else None)
    plain = role.rpartition(".")[2].lower()  # an enumeration member's repr: MessageRole.USER
    return _ROLES.get(plain, plain)


def _split(content: Json) -> tuple[list[Message], list[Json]]:
    """Tools' answers are messages of their own; the rest stays with the message around them."""
    if not isinstance(content, list):
        return [], [content]
    answers = [tool_answer(part) for part in content if is_tool_answer(part)]
    if not answers:
        return answers, content
    return answers, [part for part in content if not is_tool_answer(part)]


_EXTRAS = frozenset(
    {
        *("tool_calls", "toolCalls", "function_call", "additional_kwargs", "reasoning_content", "reasoning"),
        *("thinking", "refusal"),
    }
)


def _add_extras(message: Message, value: Mapping[str, Any]) -> None:
    more = mapping(value.get("additional_kwargs"))
    if not message.tool_calls:
        calls = parsed(first(value, "tool_calls", "toolCalls")) or more.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            add_tool_call(message, call)
    legacy = mapping(first(value, "function_call")) or mapping(more.get("function_call"))
    if legacy and not message.tool_calls:
        add_tool_call(message, legacy)
    if message.reasoning is None:
        said = first(value, "reasoning_content", "reasoning", "thinking") or more.get("reasoning_content")
        message.reasoning = joined_text(said) or None
    refusal = value.get("refusal")
    if not message.content and isinstance(refusal, str):
        message.content = refusal


def plain(value: AttributeValue) -> list[Message]:
    """A value that is no conversation (a query, a function's arguments): a message without a role."""
    value = parsed(value) if isinstance(value, str) and value[:1] == '"' else value
    if value is None or value == "":
        return []
    return [Message("", value if isinstance(value, str) else dumps(value))]


def texts(values: Iterable[AttributeValue]) -> list[Message]:
    """Texts that were embedded: a message without a role each."""
    return [Message("", found) for value in values if (found := text(value)) is not None]
