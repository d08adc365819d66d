"""Anthropic's content blocks as the conventions' parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telltale._content import plain
from telltale.instruments._answer import text_part, tool_call_part
from telltale.instruments._fields import field, items, short_uri

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVER_USES: Final = frozenset({"server_tool_use", "mcp_tool_use"})
_ENCRYPTED: Final = ("encrypted_content", "encrypted_index", "encrypted_stdout")
"""For the provider alone, and long."""


def content_parts(content: Any) -> list[dict[str, Any]]:
    """A message's content, text or a list of blocks, as the conventions' parts."""
    if isinstance(content, str):
        return [text_part(content)] if content else []
    return [part_of(block) for block in items(content)]


def part_of(block: Any) -> dict[str, Any]:
    """One block, whole."""
    if isinstance(block, str):
        return text_part(block)
    kind = str(field(block, "type"))
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(block)
    if kind in _SERVER_USES:
        return server_call(field(block, "id"), field(block, "name"), field(block, "input"))
    if kind.endswith("_tool_result"):
        return _server_answer(block)
    return {"type": kind, "content": plain(block)}


def server_call(identity: Any, name: Any, given: Any) -> dict[str, Any]:
    """A tool that the provider runs by itself."""
    call = {"type": name, "input": given}
    return {"type": "server_tool_call", "id": identity, "name": name, "server_tool_call": call}


def _server_answer(block: Any) -> dict[str, Any]:
    found = plain(field(block, "content"))
    for result in [found] if isinstance(found, dict) else items(found):
        if isinstance(result, dict):
            for name in _ENCRYPTED:
                result.pop(name, None)
    answer = {"type": field(block, "type"), "content": found}
    identity = field(block, "tool_use_id")
    return {"type": "server_tool_call_response", "id": identity, "server_tool_call_response": answer}


def _tool_answer(block: Any) -> dict[str, Any]:
    content = field(block, "content")
    response = content if isinstance(content, str) else content_parts(content)
    return {"type": "tool_call_response", "id": field(block, "tool_use_id"), "response": response}


def _media(block: Any) -> dict[str, Any]:
    """An image or a document: where it is or what it is, never its bytes."""
    modality = "image" if field(block, "type") == "image" else "file"
    source = field(block, "source")
    kind, mime_type = field(source, "type"), field(source, "media_type")
    if kind == "url":
        return {"type": "uri", "modality": modality, "uri": short_uri(field(source, "url"))}
    if kind == "file":
        return {"type": "file", "modality": modality, "file_id": field(source, "file_id")}
    if kind == "text":
        return text_part(field(source, "data"))
    if kind == "content":
        return {"type": "document", "content": content_parts(field(source, "content"))}
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "name": field(block, "title")}


_READERS: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "text": lambda block: text_part(field(block, "text")),
    "thinking": lambda block: {"type": "reasoning", "content": field(block, "thinking")},
    "redacted_thinking": lambda _block: {"type": "reasoning", "content": "[redacted by the provider]"},
    "tool_use": lambda block: tool_call_part(field(block, "id"), field(block, "name"), field(block, "input")),
    "tool_result": _tool_answer,
    "image": _media,
    "document": _media,
}
