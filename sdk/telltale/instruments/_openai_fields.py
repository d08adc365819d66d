"""Reading the OpenAI client's requests and responses, whose items may be dicts or objects."""

from __future__ import annotations

from typing import Any

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Usage, text_part
from telltale.instruments._fields import count, field, items, short_uri


def usage_of(usage: Any, names: tuple[str, str]) -> Usage:
    """Token counts; ``names`` are the API's words for what goes in and what comes out."""
    given, made = names
    return Usage(
        input_tokens=count(field(usage, f"{given}_tokens")),
        output_tokens=count(field(usage, f"{made}_tokens")),
        cache_read=count(field(usage, f"{given}_tokens_details", "cached_tokens")),
        cache_write=count(field(usage, f"{given}_tokens_details", "cache_write_tokens")),
        reasoning=count(field(usage, f"{made}_tokens_details", "reasoning_tokens")),
    )


def extras(response: Any) -> dict[str, Any]:
    """The provider's own response attributes."""
    pairs = {
        semconv.OPENAI_RESPONSE_SERVICE_TIER: field(response, "service_tier"),
        semconv.OPENAI_RESPONSE_FINGERPRINT: field(response, "system_fingerprint"),
    }
    return {key: value for key, value in pairs.items() if isinstance(value, str)}


def tools_attribute(tools: Any) -> dict[str, str]:
    """The tools that were offered, each as one flat object."""
    offered = items(tools)
    return {semconv.TOOL_DEFINITIONS: to_json([_flat(tool) for tool in offered])} if offered else {}


def _flat(tool: Any) -> Any:
    function = field(tool, "function")
    if function is None:
        return tool
    pairs = {name: field(function, name) for name in ("name", "description", "parameters", "strict")}
    return {"type": field(tool, "type") or "function", **{k: v for k, v in pairs.items() if v is not None}}


def content_parts(content: Any) -> list[dict[str, Any]]:
    """A message's content, text or a list of parts, as the conventions' parts."""
    if isinstance(content, str):
        return [text_part(content)] if content else []
    return [_part(part) for part in items(content)]


def _part(part: Any) -> dict[str, Any]:
    kind = field(part, "type")
    if isinstance(part, str):
        return text_part(part)
    if kind in {"text", "input_text", "output_text"}:
        return text_part(field(part, "text"))
    if kind == "refusal":
        return {"type": "refusal", "content": field(part, "refusal")}
    if kind in {"image_url", "input_image"}:
        return {
            "type": "uri",
            "modality": "image",
            "uri": short_uri(field(part, "image_url", "url") or field(part, "image_url")),
        }
    if kind in {"input_audio", "file", "input_file"}:
        audio_format = field(part, "input_audio", "format")
        modality = "audio" if kind == "input_audio" else "file"
        return {
            "type": "blob",
            "modality": modality,
            "mime_type": audio_format,
            "name": field(part, "filename"),
        }
    return {"type": str(kind), "content": part}
