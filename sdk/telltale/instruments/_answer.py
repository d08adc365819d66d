"""What a model answered, in one shape for whole responses and for what has arrived of a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from telltale import semconv
from telltale._content import LIMIT, to_json
from telltale.instruments._held import held


class Text:
    """Text that arrives in pieces, as much of it as is kept."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0

    def add(self, piece: Any) -> None:
        if isinstance(piece, str) and piece and self._size < LIMIT:
            self._pieces.append(piece)
            self._size += len(piece)

    def __str__(self) -> str:
        return "".join(self._pieces)

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return bool(self._pieces)


_MESSAGE_REASONS: Final = {"tool_calls": "tool_call", "function_call": "tool_call"}
"""A message's finish reason has the conventions' word, the attribute ``finish_reasons`` the provider's."""


@dataclass(slots=True)
class ToolCall:
    id: str | None = None
    name: str | None = None
    arguments: Text = field(default_factory=Text)


@dataclass(slots=True)
class Choice:
    """One of the answers. ``parts`` are further parts, already in the conventions' form."""

    role: str = "assistant"
    text: Text = field(default_factory=Text)
    reasoning: Text = field(default_factory=Text)
    refusal: Text = field(default_factory=Text)
    tool_calls: dict[Any, ToolCall] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str | None = None


@dataclass(slots=True)
class Usage:
    """Token counts, None where not given. Input includes cached tokens, output includes reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class Answer:
    """An answer, or what there is of it.

    ``error``: the provider's code and message, in an answer that says it failed.
    """

    id: str | None = None
    model: str | None = None
    choices: dict[int, Choice] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    extra: dict[str, Any] = field(default_factory=dict)
    error: tuple[str, str] | None = None

    def choice(self, index: int) -> Choice:
        return self.choices.setdefault(index, Choice())


def detached(answer: Answer) -> int | None:
    """Keep of an answer nothing that the application could change; about how many bytes of memory it holds.

    None when that is not possible, and the answer has to be recorded at once.
    """
    weight = 0
    for choice in answer.choices.values():
        weight += len(choice.text) + len(choice.reasoning) + len(choice.refusal)
        weight += sum(len(call.arguments) for call in choice.tool_calls.values())
        if choice.parts:
            parts = held(choice.parts)
            if parts is None:
                return None
            choice.parts, weight = parts.value, weight + parts.weight
    extra = held(answer.extra)
    if extra is None:
        return None
    answer.extra = extra.value
    return weight + extra.weight


def attributes_of(answer: Answer, *, with_content: bool) -> dict[str, Any]:
    """The answer as span attributes; without content when that is not wanted."""
    usage = answer.usage
    choices = [answer.choices[index] for index in sorted(answer.choices)]
    attributes = {
        semconv.RESPONSE_ID: answer.id,
        semconv.RESPONSE_MODEL: answer.model,
        semconv.RESPONSE_FINISH_REASONS: [c.finish_reason for c in choices if c.finish_reason] or None,
        semconv.USAGE_INPUT_TOKENS: usage.input_tokens,
        semconv.USAGE_OUTPUT_TOKENS: usage.output_tokens,
        semconv.USAGE_CACHE_READ: usage.cache_read,
        semconv.USAGE_CACHE_WRITE: usage.cache_write,
        semconv.USAGE_REASONING: usage.reasoning,
        **answer.extra,
    }
    if with_content and choices:
        attributes[semconv.OUTPUT_MESSAGES] = to_json([_message(choice) for choice in choices])
    return {key: value for key, value in attributes.items() if value is not None}


def _message(choice: Choice) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if choice.reasoning:
        parts.append({"type": "reasoning", "content": str(choice.reasoning)})
    if choice.text:
        parts.append(text_part(str(choice.text)))
    if choice.refusal:
        parts.append({"type": "refusal", "content": str(choice.refusal)})
    parts += choice.parts
    parts += [tool_call_part(call.id, call.name, str(call.arguments)) for call in choice.tool_calls.values()]
    message = {"role": choice.role, "parts": parts}
    reason = choice.finish_reason
    return message if reason is None else {**message, "finish_reason": _MESSAGE_REASONS.get(reason, reason)}


def text_part(text: Any) -> dict[str, Any]:
    return {"type": "text", "content": text}


def tool_call_part(identity: Any, name: Any, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_call", "id": identity, "name": name, "arguments": parsed(arguments)}


def parsed(text: Any) -> Any:
    """What JSON text stands for; anything else, such as arguments cut off in mid-stream, as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
