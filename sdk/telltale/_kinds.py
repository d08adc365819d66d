"""What a span's kind adds to its attributes, beside ``telltale.span.kind``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from telltale import semconv
from telltale._content import to_json, to_text
from telltale._documents import documents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal[
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "prompt",
    "span",
]

_OPERATIONS: Final = {"tool": "execute_tool", "agent": "invoke_agent", "retriever": "retrieval"}
_NAMES: Final = {"tool": semconv.TOOL_NAME, "agent": semconv.AGENT_NAME}
_INPUTS: Final = {"tool": semconv.TOOL_CALL_ARGUMENTS}
_OUTPUTS: Final = {"tool": semconv.TOOL_CALL_RESULT}


def opening(kind: str, name: str) -> dict[str, Any]:
    """The attributes of a span that starts."""
    attributes: dict[str, Any] = {semconv.SPAN_KIND: kind}
    if kind in _OPERATIONS:
        attributes[semconv.OPERATION] = _OPERATIONS[kind]
    if kind in _NAMES:
        attributes[_NAMES[kind]] = name
    return attributes


def input_attributes(kind: str, value: Any) -> dict[str, Any]:
    """The attributes for what went in. A retriever's query is its first str."""
    text = to_text(value)
    attributes = {semconv.INPUT_VALUE: text}
    if kind in _INPUTS:
        attributes[_INPUTS[kind]] = text
    query = _query(value) if kind == "retriever" else None
    if query is not None:
        attributes[semconv.RETRIEVAL_QUERY] = to_text(query)
    return attributes


def output_attributes(kind: str, value: Any) -> dict[str, Any]:
    """The attributes for what came out."""
    text = to_text(value)
    attributes = {semconv.OUTPUT_VALUE: text}
    if kind in _OUTPUTS:
        attributes[_OUTPUTS[kind]] = text
    if kind in {"retriever", "reranker"}:
        attributes |= document_attributes(value)
    return attributes


def document_attributes(value: Any) -> dict[str, str]:
    documents = documents_of(value)
    return {} if documents is None else {semconv.RETRIEVAL_DOCUMENTS: to_json(documents)}


def _query(value: Any) -> str | None:
    """A str, or the first argument of a call where that is one."""
    if isinstance(value, str):
        return value
    first = next(iter(value.values()), None) if isinstance(value, dict) else None
    return first if isinstance(first, str) else None


def given_attributes(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that the application names itself: OTLP's own types as they are, anything else as text."""
    return {key: value if _is_plain(value) else to_text(value) for key, value in pairs.items() if value is not None}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and any(all(type(v) is kind for v in value) for kind in (str, bool, int, float))
    return isinstance(value, (str, bool, int, float))
