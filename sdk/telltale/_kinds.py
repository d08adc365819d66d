"""What a span's kind adds to its attributes, beside ``telltale.span.kind``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from telltale import semconv
from telltale._content import plain, to_json, to_text
from telltale._documents import documents_of
from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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

_PLAIN: Final = frozenset({str, bool, int, float})
_INT_LIMIT: Final = 2**63
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
        attributes[semconv.RETRIEVAL_QUERY] = query
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
    with safely("read a retriever's documents"):
        documents = documents_of(value)
        return {} if documents is None else {semconv.RETRIEVAL_DOCUMENTS: to_json(documents)}
    return {}


def _query(value: Any) -> str | None:
    """A str, or the first argument of a call where that is one."""
    if issubclass(type(value), str):
        return to_text(value)
    first = next(iter(value.values()), None) if type(value) is dict else None
    return to_text(first) if issubclass(type(first), str) else None


def given_attributes(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that the application names itself: OTLP's own types as they are, anything else as text."""
    return {key: value if _is_plain(value) else to_text(value) for key, value in pairs.items() if value is not None}


def metadata_attributes(pairs: Mapping[str, Any]) -> dict[str, str]:
    """Free pairs, each value as text."""
    return {semconv.METADATA_PREFIX + str(key): to_text(value) for key, value in pairs.items()}


def tag_words(tags: Iterable[Any]) -> tuple[str, ...]:
    """Free words; one str is one word."""
    return tuple(word(tag) for tag in ((tags,) if issubclass(type(tags), str) else tags))


def word(value: Any) -> str:
    """A name or an id: what has a text of its own, such as a UUID, without quotes."""
    text = plain(value)
    return text if isinstance(text, str) else to_text(value)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is list or kind is tuple:
        first = type(value[0]) if value else None
        return first in _PLAIN and all(type(each) is first and _fits(each) for each in value)
    return kind in _PLAIN and _fits(value)


def _fits(value: Any) -> bool:
    """OTLP has 64 bits for an int."""
    return type(value) is not int or -_INT_LIMIT <= value < _INT_LIMIT
