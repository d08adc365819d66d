"""The messages of a model call, as a conversation to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.web.texts import Text, cut, cut_if_any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telltale_collector.model import Json, Message

_LONG_SYSTEM_PROMPT: Final = 400


@dataclass(frozen=True, slots=True)
class ToolCall:
    name: str
    call_id: str | None
    arguments: Text


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; ``is_folded`` for a system prompt that would push the rest off the screen."""

    role: str
    content: Text
    tool_calls: list[ToolCall]
    tool_call_id: str | None
    reasoning: Text | None
    parts: list[Text]
    is_folded: bool


def turn(message: Message, limit: int | None) -> Turn:
    """A message, each of its texts cut at ``limit`` characters."""
    return Turn(
        role=message.role,
        content=cut(message.content, limit),
        tool_calls=[_tool_call(call, limit) for call in message.tool_calls],
        tool_call_id=message.tool_call_id,
        reasoning=cut_if_any(message.reasoning, limit),
        parts=[cut(part, limit) for part in message.parts],
        is_folded=message.role in {"system", "developer"} and len(message.content) > _LONG_SYSTEM_PROMPT,
    )


def _tool_call(call: Mapping[str, Json], limit: int | None) -> ToolCall:
    call_id = call.get("id")
    return ToolCall(
        name=str(call.get("name") or "unnamed tool"),
        call_id=None if call_id is None else str(call_id),
        arguments=cut(call.get("arguments"), limit),
    )
