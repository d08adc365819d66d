"""What goes into and out of Google's models, in all the forms that its client takes, as the conventions' parts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from telltale import semconv
from telltale._content import plain, to_json
from telltale.instruments._answer import text_part, tool_call_part
from telltale.instruments._fields import field, items

_ROLES: Final = {"model": "assistant"}


def named(item: Any, name: str) -> Any:
    """A field by its name in Python; in a dict it may have the API's, ``functionCall``."""
    found = field(item, name)
    if found is None and isinstance(item, Mapping):
        first, *rest = name.split("_")
        found = item.get(first + "".join(word.capitalize() for word in rest))
    return found


def word(value: Any) -> str | None:
    """An enum's or a text's word."""
    found = value.value if isinstance(value, Enum) else value
    return found if isinstance(found, str) and found else None


def messages(contents: Any) -> list[dict[str, Any]]:
    """Contents are texts, parts, messages, files, or a list of such; what has no role is the user's."""
    given = items(contents) if isinstance(contents, (list, tuple)) else [contents]
    found: list[dict[str, Any]] = []
    is_open = False
    for item in given:
        parts = named(item, "parts")
        if parts is not None:
            role = word(named(item, "role")) or "user"
            found.append({"role": _ROLES.get(role, role), "parts": parts_of(parts)})
        elif is_open:
            found[-1]["parts"].append(part_of(item))
        elif item is not None:
            found.append({"role": "user", "parts": [part_of(item)]})
        is_open = parts is None and bool(found)
    return found


def parts_of(parts: Any) -> list[dict[str, Any]]:
    return [part_of(part) for part in items(parts)] if isinstance(parts, (list, tuple)) else [part_of(parts)]


def part_of(part: Any) -> dict[str, Any]:
    """One part."""
    said = part if isinstance(part, str) else named(part, "text")
    if isinstance(said, str):
        return {"type": "reasoning", "content": said} if named(part, "thought") is True else text_part(said)
    call, answer = named(part, "function_call"), named(part, "function_response")
    if call is not None:
        return tool_call_part(named(call, "id"), named(call, "name"), named(call, "args"))
    if answer is not None:
        identity = named(answer, "id") or named(answer, "name")
        return {"type": "tool_call_response", "id": identity, "response": named(answer, "response")}
    return _other(part)


def _other(part: Any) -> dict[str, Any]:
    code, result = named(part, "executable_code"), named(part, "code_execution_result")
    if code is not None:
        given = {"type": "code_execution", "language": word(named(code, "language")), "code": named(code, "code")}
        return {"type": "server_tool_call", "id": None, "name": "code_execution", "server_tool_call": given}
    if result is not None:
        made = {"type": "code_execution", "outcome": word(named(result, "outcome")), "output": named(result, "output")}
        return {"type": "server_tool_call_response", "id": None, "server_tool_call_response": made}
    data, file = named(part, "inline_data"), named(part, "file_data") or part
    if data is not None:
        mime_type = named(data, "mime_type")
        return {"type": "blob", "modality": _modality(mime_type), "mime_type": mime_type}
    uri, mime_type = named(file, "file_uri") or named(file, "uri"), named(file, "mime_type")
    if isinstance(uri, str):
        return {"type": "uri", "modality": _modality(mime_type), "mime_type": mime_type, "uri": uri}
    return {"type": type(part).__name__}


def _modality(mime_type: Any) -> str:
    kind = str(mime_type).partition("/")[0]
    return kind if kind in {"image", "audio", "video"} else "file"


def asked(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Of a request's arguments those with its words and tools; of its settings these alone."""
    config = kwargs.get("config")
    settings = {name: named(config, name) for name in ("system_instruction", "tools")}
    return {"contents": kwargs.get("contents"), "config": settings}


def content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a request, and the tools that it offers."""
    config = kwargs.get("config")
    attributes = {semconv.INPUT_MESSAGES: to_json(messages(kwargs.get("contents")))}
    system = [part for message in messages(named(config, "system_instruction")) for part in message["parts"]]
    if system:
        attributes[semconv.SYSTEM_INSTRUCTIONS] = to_json(system)
    tools = [described for tool in items(named(config, "tools")) for described in _tools(tool)]
    if tools:
        attributes[semconv.TOOL_DEFINITIONS] = to_json(tools)
    return attributes


def _tools(tool: Any) -> list[dict[str, Any]]:
    if callable(tool) and not isinstance(tool, type):
        return [{"type": "function", "name": getattr(tool, "__name__", None), "description": tool.__doc__}]
    declared = items(named(tool, "function_declarations"))
    if declared:
        return [_function(function) for function in declared]
    pairs = plain(tool)
    given = [name for name, value in pairs.items() if value is not None] if isinstance(pairs, dict) else []
    return [{"type": name} for name in given or [type(tool).__name__]]


def _function(declared: Any) -> dict[str, Any]:
    schema = named(declared, "parameters") or named(declared, "parameters_json_schema")
    pairs = {"name": named(declared, "name"), "description": named(declared, "description"), "parameters": schema}
    return {"type": "function", **{key: value for key, value in pairs.items() if value is not None}}
