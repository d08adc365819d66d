"""Tools that were offered to a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telltale_collector.dialects._values import parsed
from telltale_collector.model import AttributeValue, Json


def tool_definitions(value: AttributeValue) -> list[Json]:
    """One element a tool, as the provider's request has it; Gemini's and Bedrock's groups are opened."""
    value = parsed(value)
    if isinstance(value, dict):
        value = value.get("tools", [value])
    return list(_flat(value)) if isinstance(value, list) else []


def _flat(tools: Iterable[Any]) -> Iterable[Json]:
    for given in tools:
        tool = parsed(given)
        if not isinstance(tool, dict):
            yield tool
            continue
        group = tool.get("function_declarations") or tool.get("functionDeclarations")
        if isinstance(group, list):
            yield from group
        else:
            spec = tool.get("toolSpec")
            yield spec if isinstance(spec, dict) else tool
