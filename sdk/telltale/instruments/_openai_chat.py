"""Chat completions: requests, whole answers, and answers in chunks."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, Choice, ToolCall, tool_call_part
from telltale.instruments._fields import field, items, only, parameters
from telltale.instruments._openai_fields import content_parts, extras, tools_attribute, usage_of

_TOKENS: Final = ("prompt", "completion")
_PARAMETERS: Final = {
    "model": semconv.REQUEST_MODEL,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "seed": semconv.REQUEST_SEED,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "reasoning_effort": semconv.REQUEST_REASONING,
    "service_tier": semconv.OPENAI_REQUEST_SERVICE_TIER,
}
_HEAD: Final = itemgetter("id", "model", "service_tier", "system_fingerprint", "usage")
_CHOICE: Final = itemgetter("index", "finish_reason")
_SAID: Final = itemgetter("role", "refusal", "tool_calls", "function_call")
_FIRST: Final = (0, None)
_NOTHING: Final = (None, None, None, None)
_REASONING: Final = ("reasoning_content", "reasoning")
"""Where OpenAI-compatible servers put the reasoning text."""


asked: Final = only("messages", "tools")


def request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The call's arguments as span attributes, but for its content."""
    attributes = parameters(kwargs, _PARAMETERS)
    stop = kwargs.get("stop")
    if isinstance(stop, (str, list)):
        attributes[semconv.REQUEST_STOP_SEQUENCES] = [stop] if isinstance(stop, str) else [str(word) for word in stop]
    if isinstance(kwargs.get("n"), int) and kwargs["n"] != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = kwargs["n"]
    return attributes


def content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The messages, and the tools that are offered."""
    messages = [_message(message) for message in items(kwargs.get("messages"))]
    return {semconv.INPUT_MESSAGES: to_json(messages), **tools_attribute(kwargs.get("tools"))}


def _message(message: Any) -> dict[str, Any]:
    role, content = field(message, "role"), field(message, "content")
    if role == "tool":
        response = {"type": "tool_call_response", "id": field(message, "tool_call_id"), "response": content}
        return {"role": role, "parts": [response]}
    parts = content_parts(content)
    parts += [
        tool_call_part(field(call, "id"), field(call, "function", "name"), field(call, "function", "arguments"))
        for call in items(field(message, "tool_calls"))
    ]
    name = field(message, "name")
    return {"role": role, "parts": parts, **({"name": name} if name else {})}


class Reader:
    """Reads one completion."""

    def __init__(self) -> None:
        self.answer = Answer()
        self._head_read: tuple[Any, ...] | None = None

    def whole(self, response: Any) -> None:
        self._head(response)
        for index, choice in enumerate(items(field(response, "choices"))):
            self._choice(choice, field(choice, "message"), index)

    def chunk(self, chunk: Any) -> None:
        if self._reads_on(chunk):
            return
        self._head(chunk)
        self._head_read = _head_of(chunk)
        for choice in items(field(chunk, "choices")):
            self._choice(choice, field(choice, "delta"), 0)

    def _reads_on(self, chunk: Any) -> bool:
        """Read a chunk that only brings more text of the first choice, as most do; this has to be quick."""
        first = self.answer.choices.get(0)
        if first is None or self._head_read is None or _head_of(chunk) != self._head_read:
            return False
        try:
            (choice,) = chunk.choices
            delta = choice.delta
            if _CHOICE(choice.__dict__) != _FIRST or _SAID(delta.__dict__) != _NOTHING or delta.model_extra:
                return False
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        first.text.add(delta.content)
        return True

    def _head(self, response: Any) -> None:
        answer = self.answer
        answer.id = field(response, "id") or answer.id
        answer.model = field(response, "model") or answer.model
        answer.extra |= extras(response)
        usage = field(response, "usage")
        if usage is not None:
            answer.usage = usage_of(usage, _TOKENS)

    def _choice(self, source: Any, said: Any, position: int) -> None:
        index = field(source, "index")
        choice = self.answer.choice(index if isinstance(index, int) else position)
        choice.finish_reason = field(source, "finish_reason") or choice.finish_reason
        choice.role = field(said, "role") or choice.role
        choice.text.add(field(said, "content"))
        choice.refusal.add(field(said, "refusal"))
        choice.reasoning.add(_reasoning_of(said))
        for number, call in enumerate(items(field(said, "tool_calls"))):
            _add_call(choice, call, number)
        if field(said, "function_call") is not None:
            _add_call(choice, {"function": field(said, "function_call")}, 0)


def _reasoning_of(said: Any) -> Any:
    """Looked up in what is there: the library takes its time to say that it has no such field."""
    is_mapping = isinstance(said, Mapping)
    places = (said,) if is_mapping else (getattr(said, "__dict__", {}), getattr(said, "model_extra", None) or {})
    return next((text for place in places for name in _REASONING if (text := place.get(name))), None)


def _head_of(chunk: Any) -> tuple[Any, ...] | None:
    """What chunks repeat; None for what is not the library's own object."""
    try:
        head: tuple[Any, ...] = _HEAD(chunk.__dict__)
    except (AttributeError, KeyError):
        return None
    return head


def _add_call(choice: Choice, source: Any, position: int) -> None:
    """A tool call, or the next piece of one: pieces belong together by their index."""
    index = field(source, "index")
    call = choice.tool_calls.setdefault(position if index is None else index, ToolCall())
    call.id = field(source, "id") or call.id
    call.name = field(source, "function", "name") or field(source, "custom", "name") or call.name
    call.arguments.add(field(source, "function", "arguments") or field(source, "custom", "input"))
