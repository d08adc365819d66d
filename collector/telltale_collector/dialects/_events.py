"""Messages that the conventions carry in events: span events, or log events joined to the span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telltale import semconv as names
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages
from telltale_collector.dialects._values import mapping, objects, parsed, text
from telltale_collector.model import Attributes, Call, LogEvent, Message, RawSpan

_ROLE_OF_EVENT = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_PROMPT_EVENTS = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.prompt": "gen_ai.prompt"}
_COMPLETION_EVENTS = {"gen_ai.content.completion": "gen_ai.completion", "gen_ai.completion": "gen_ai.completion"}
_CONTENT_EVENTS = {names.DETAILS_EVENT, *names.MESSAGE_EVENTS, *_PROMPT_EVENTS, *_COMPLETION_EVENTS}

Content = tuple[str, Attributes, Any]
"""An event's name, attributes and body."""


def content_events(span: RawSpan, logs: Sequence[LogEvent]) -> list[Content]:
    found: list[Content] = [
        (event.name, event.attributes, None) for event in span.events if event.name in _CONTENT_EVENTS
    ]
    return found + [(event.name, event.attributes, event.body) for event in logs]


def details(content: Iterable[Content]) -> dict[str, Any]:
    """The attributes that an "operation details" event carries in place of the span."""
    merged: dict[str, Any] = {}
    for name, attributes, body in content:
        if name == names.DETAILS_EVENT:
            merged |= mapping(body)
            merged |= attributes
    return merged


def input_of_events(content: Iterable[Content]) -> list[Message]:
    found: list[Message] = []
    for name, attributes, body in content:
        role = _ROLE_OF_EVENT.get(name)
        if role is not None:
            found += _unsaid(messages([_payload(attributes, body)], role), found)
        elif name in _PROMPT_EVENTS:
            found += messages(attributes.get(_PROMPT_EVENTS[name]), "user")
    return found


def _unsaid(read: list[Message], before: list[Message]) -> list[Message]:
    """Botocore writes a tool's answer twice: as the tool's message, and inside the user's."""
    answered = {message.tool_call_id for message in before if message.role == "tool"}
    return [message for message in read if message.tool_call_id is None or message.tool_call_id not in answered]


def output_of_events(call: Call, content: Iterable[Content]) -> list[Message]:
    """The answers; the first one's finish reason goes into the call, where it is open."""
    found: list[Message] = []
    for name, attributes, body in content:
        if name in _COMPLETION_EVENTS:
            found += messages(attributes.get(_COMPLETION_EVENTS[name]), "assistant")
        if name != "gen_ai.choice":
            continue
        choice = _payload(attributes, body)
        message = parsed(choice.get("message"))
        merged = {**choice, **(message if isinstance(message, dict) else _text_content(choice, message))}
        merged.pop("message", None)
        found += messages([{**merged, "role": merged.get("role") or "assistant"}], "assistant")
        call.finish_reason_raw = call.finish_reason_raw or text(choice.get("finish_reason"))
    call.finish_reason = call.finish_reason or finish_reason(call.finish_reason_raw)
    return found


def _text_content(choice: Mapping[str, Any], message: Any) -> dict[str, Any]:
    return {} if message is None and "content" in choice else {"content": message}


def _payload(attributes: Attributes, body: Any) -> Mapping[str, Any]:
    """A message event keeps its fields in the body (log events), in attributes, or in one attribute as JSON."""
    if body is None:
        body = parsed(attributes.get("gen_ai.event.content"))
    if isinstance(body, dict):
        return {**body, "tool_call_id": body.get("tool_call_id") or body.get("id")}
    if body is not None:
        return {"content": body}
    return {**attributes, "tool_call_id": attributes.get("tool_call_id") or attributes.get("id")}


def read_event_list(call: Call, value: Any) -> None:
    """Message events that a library keeps as one list in one attribute; fills messages that are open."""
    listed = [event for event in objects(value) if event.get("event.name")]
    if not listed:
        return
    content: list[Content] = [(str(event["event.name"]), {}, event) for event in listed]
    call.input_messages = call.input_messages or input_of_events(content)
    call.output_messages = call.output_messages or output_of_events(call, content)
