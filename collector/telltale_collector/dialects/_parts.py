"""The parts of a message's content, in every shape that providers and libraries write.

Typed parts (OpenTelemetry, OpenAI chat and Responses, Anthropic, Vercel) carry ``type``; Gemini's and Bedrock's parts
are named by their only key. A part is text, reasoning, a tool call, a tool's answer, or something else that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from telltale_collector.dialects._values import first, mapping, parsed, text, word
from telltale_collector.model import Json, Message

Part = Mapping[str, Any]


def add_parts(message: Message, parts: Iterable[Json]) -> None:
    """Read parts into a message; its texts become its content, joined by line breaks."""
    texts = [found for part in parts if (found := _read(message, part)) is not None]
    message.content = "\n".join(filter(None, (message.content, *texts)))


def part_kind(part: Json) -> str:
    """The part's type, or the key that tells it; "" for none that is known."""
    if not isinstance(part, dict):
        return ""
    kind = part.get("type")
    if isinstance(kind, str):
        return kind.replace("-", "_")
    return next((key for key in _KEYED if key in part), "")


def is_known(part: Json) -> bool:
    """A part that is certainly one: its kind is known, and what goes with it is there."""
    kind = part_kind(part)
    if is_kept(part):
        return True
    return kind in _READERS and (kind != "text" or isinstance(first(part, "text", "content"), str))


def is_kept(part: Json) -> bool:
    """An image, a file, audio: kept as the source wrote it."""
    return part_kind(part) in _KEPT


def is_tool_answer(part: Json) -> bool:
    return part_kind(part) in _TOOL_ANSWERS


def tool_answer(part: Part) -> Message:
    """A tool's answer as a message of its own."""
    inner = part.get(part_kind(part))
    inner = inner if isinstance(inner, dict) else part
    given = first(inner, "response", "result", "content", "output")
    call_id = word(first(inner, *_IDS)) or word(first(part, *_IDS))
    return Message("tool", joined_text(given), tool_call_id=call_id)


def add_tool_call(message: Message, call: Json) -> None:
    """Any provider's tool call as ``{"id", "name", "arguments"}``."""
    call = parsed(call)
    if not isinstance(call, dict):
        return
    call = next((call[key] for key in _CALL_WRAPPERS if isinstance(call.get(key), dict)), call)
    inner = call.get("function")
    function = inner if isinstance(inner, dict) else call
    name = word(first(function, "name", "toolName", "tool_name")) or word(inner)
    arguments = first(function, "arguments", "input", "args", "parameters")
    if arguments is None and function is not call:
        arguments = call.get("arguments")
    message.tool_calls.append({"id": word(first(call, *_IDS)), "name": name, "arguments": parsed(arguments)})


def joined_text(value: Json) -> str:
    """Text, or the texts of a list of parts; any other structure as JSON."""
    if isinstance(value, dict) and "value" in value and word(value.get("type")) in _WRAPPED:
        value = value["value"]
    if isinstance(value, list) and value and all(_is_plain(part) for part in value):
        return "\n".join(_plain(part) for part in value)
    return text(value) or ""


def _is_plain(part: Json) -> bool:
    return isinstance(part, dict) and (isinstance(first(part, "text", "content"), str) or "json" in part)


def _plain(part: Part) -> str:
    return text(first(part, "text", "content", "json")) or ""


def _read(message: Message, part: Json) -> str | None:
    if part is None:
        return None
    if not isinstance(part, dict):
        return text(part)
    wrapped = part.get("message_content")
    if isinstance(wrapped, dict):
        part = {**wrapped, **mapping(part.get("tool_call"))}
    kind = part_kind(part)
    if kind == "text" and part.get("thought") is True:
        _reasoning(message, part)
        return None
    return _READERS.get(kind, _other)(message, part)


def _text(message: Message, part: Part) -> str | None:
    found = first(part, "content", "text")
    if isinstance(found, dict):  # OpenAI's assistants: {"text": {"value": ...}}
        found = found.get("value")
    if isinstance(found, (str, int, float)):
        return str(found)
    _other(message, part)
    return None


def _refusal(_message: Message, part: Part) -> str | None:
    return text(first(part, "refusal", "content"))


def _reasoning(message: Message, part: Part) -> None:
    inner = first(mapping(part.get("reasoningContent")), "reasoningText", "text")
    found = inner or first(part, "content", "text", "thinking", "reasoning", "summary", "data")
    said = joined_text(found.get("text") if isinstance(found, dict) else found) if found else None
    message.reasoning = "\n".join(filter(None, (message.reasoning, said))) or None


def _answer(message: Message, part: Part) -> str:
    answer = tool_answer(part)
    message.tool_call_id = answer.tool_call_id
    return answer.content


def _guarded(message: Message, part: Part) -> str | None:
    found = mapping(mapping(part.get("guardContent")).get("text")).get("text")
    if found:
        return text(found)
    _other(message, part)
    return None


def _other(message: Message, part: Part) -> None:
    message.parts.append(dict(part))


_IDS = ("call_id", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId", "id")
_CALL_WRAPPERS = ("tool_call", "toolUse", "functionCall", "function_call")
_TOOL_ANSWERS = frozenset(
    {
        "tool_call_response",
        "tool_result",
        "function_call_output",
        "functionResponse",
        "function_response",
        "toolResult",
        "tool_return",
    }
)
_KEPT = frozenset(
    {
        *("image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "document"),
        *("blob", "uri", "media"),
    }
)
_WRAPPED = frozenset({"text", "json", "content", "error-text", "error-json"})  # Vercel's tool outputs
_Reader = Callable[[Message, Part], str | None]
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text"), _text),
    **dict.fromkeys(("reasoning", "thinking", "reasoningContent"), _reasoning),
    **dict.fromkeys(("tool_call", "tool_use", "function_call", "function", "toolUse"), add_tool_call),
    "functionCall": add_tool_call,
    "refusal": _refusal,
    "guardContent": _guarded,
    **dict.fromkeys(_TOOL_ANSWERS, _answer),
}
_KEYED = (
    "functionCall",
    "function_call",
    "functionResponse",
    "function_response",
    "toolUse",
    "toolResult",
    "reasoningContent",
    "guardContent",
    "text",
)
