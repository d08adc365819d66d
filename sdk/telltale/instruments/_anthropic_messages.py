"""Anthropic's Messages: requests, whole answers, and answers in events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, Choice, Text, parsed, text_part, tool_call_part
from telltale.instruments._anthropic_parts import content_parts, part_of, server_call
from telltale.instruments._anthropic_usage import Counts
from telltale.instruments._fields import field, items, only, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETERS: Final = {
    "model": semconv.REQUEST_MODEL,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "top_k": semconv.REQUEST_TOP_K,
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "service_tier": semconv.REQUEST_SERVICE_TIER,
}
_PIECES: Final = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


asked: Final = only("messages", "system", "tools")


def request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The call's arguments as span attributes, but for its content."""
    attributes = parameters(kwargs, _PARAMETERS)
    effort = field(kwargs.get("output_config"), "effort")
    if isinstance(effort, str):
        attributes[semconv.REQUEST_REASONING] = effort
    stops = items(kwargs.get("stop_sequences"))
    if stops:
        attributes[semconv.REQUEST_STOP_SEQUENCES] = [str(word) for word in stops]
    return attributes


def content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The messages, the system prompt, and the tools that are offered."""
    messages = [
        {"role": field(message, "role"), "parts": content_parts(field(message, "content"))}
        for message in items(kwargs.get("messages"))
    ]
    attributes = {semconv.INPUT_MESSAGES: to_json(messages)}
    system = content_parts(kwargs.get("system"))
    if system:
        attributes[semconv.SYSTEM_INSTRUCTIONS] = to_json(system)
    tools = items(kwargs.get("tools"))
    if tools:
        attributes[semconv.TOOL_DEFINITIONS] = to_json([_tool(tool) for tool in tools])
    return attributes


def _tool(tool: Any) -> Any:
    """A tool of the application's own in the conventions' form; one of the provider's is named by its type."""
    schema = field(tool, "input_schema")
    if schema is None:
        return tool
    pairs = {"name": field(tool, "name"), "description": field(tool, "description"), "parameters": schema}
    return {"type": "function", **{key: value for key, value in pairs.items() if value is not None}}


class _Block:
    """A content block while it arrives."""

    def __init__(self, start: Any) -> None:
        self._start = start
        self._kind = str(field(start, "type"))
        self._pieces = Text()
        self._pieces.add(field(start, "text") or field(start, "thinking"))

    def add(self, delta: Any) -> None:
        self._pieces.add(field(delta, _PIECES.get(str(field(delta, "type")), "")))

    def part(self) -> dict[str, Any]:
        said = str(self._pieces)
        if self._kind == "text":
            return text_part(said)
        if self._kind == "thinking":
            return {"type": "reasoning", "content": said}
        if self._kind.endswith("tool_use"):
            given = parsed(said) if said else field(self._start, "input")
            call = tool_call_part if self._kind == "tool_use" else server_call
            return call(field(self._start, "id"), field(self._start, "name"), given)
        return part_of(self._start)


class Reader:
    """Reads one message. Its blocks come one after the other, so at most one is open."""

    def __init__(self) -> None:
        self._answer = Answer()
        self._counts = Counts()
        self._open: _Block | None = None

    @property
    def answer(self) -> Answer:
        """What there is of the answer; a block that is still open ends with it."""
        self._close()
        return self._answer

    def whole(self, response: Any) -> None:
        choice = self._head(response)
        choice.parts += content_parts(field(response, "content"))
        choice.finish_reason = field(response, "stop_reason")
        self._count(field(response, "usage"), is_final=True)

    def chunk(self, chunk: Any) -> None:
        kind = field(chunk, "type")
        if kind == "content_block_delta":
            if self._open is not None:
                self._open.add(field(chunk, "delta"))
        elif kind == "content_block_start":
            self._close()
            self._open = _Block(field(chunk, "content_block"))
        elif kind == "content_block_stop":
            self._close()
        elif kind == "message_start":
            self._head(field(chunk, "message"))
            # What has not been made yet cannot be counted yet: output tokens come with the last event but one.
            self._count(field(chunk, "message", "usage"), is_final=False)
        elif kind == "message_delta":
            choice = self._answer.choice(0)
            choice.finish_reason = field(chunk, "delta", "stop_reason") or choice.finish_reason
            self._count(field(chunk, "usage"), is_final=True)

    def _head(self, message: Any) -> Choice:
        self._answer.id = field(message, "id")
        self._answer.model = field(message, "model")
        return self._answer.choice(0)

    def _count(self, usage: Any, *, is_final: bool) -> None:
        self._counts.add(usage, is_final=is_final)
        self._answer.usage, self._answer.extra = self._counts.usage(), self._counts.extra()

    def _close(self) -> None:
        block, self._open = self._open, None
        if block is not None:
            self._answer.choice(0).parts.append(block.part())
