"""Retrieved documents, in the shapes of vector stores, frameworks and rerankers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from telltale_collector.dialects._values import first, mapping, parsed, real, text, word
from telltale_collector.model import AttributeValue, Document, Json

_LISTS = (
    "documents",
    "outputs",
    "docs",
    "results",
    "matches",
    "output",
    "nodes",
    "source_nodes",
    "hits",
    "chunks",
    "data",
    "points",
)
_CONTENT = ("content", "text", "page_content", "pageContent", "body", "chunk", "snippet", "passage")
_SCORE = ("score", "relevance_score", "relevanceScore", "similarity", "similarity_score", "_score", "rerank_score")
_ID = ("id", "document_id", "doc_id", "id_", "_id", "chunk_id", "node_id", "index")


_PLAIN = frozenset({"id", "content", "score"})
_WRAPPERS_IN_ORDER = ("document", "node", "kwargs", "resource", "chunk")
_WRAPPERS = frozenset(_WRAPPERS_IN_ORDER)


def read_documents(value: AttributeValue) -> list[Document]:
    """Documents in the order given; [] for a value that holds none."""
    found = _listed(parsed(value))
    return [read for rank, element in enumerate(found, start=1) if (read := _document(parsed(element), rank))]


def _listed(value: Json) -> list[Any]:
    if isinstance(value, dict):
        if isinstance(value.get("ids"), list):
            return _columns(value)
        inner = next((parsed(value[key]) for key in _LISTS if key in value), None)
        return _listed(inner) if isinstance(inner, (list, dict)) else []
    return value if isinstance(value, list) else []


def _columns(value: Mapping[str, Any]) -> list[Any]:
    """Chroma's answer: parallel lists, one inner list a query."""
    names = {"ids": "id", "documents": "content", "metadatas": "metadata", "scores": "score"}
    columns = {name: _single(value[key]) for key, name in names.items() if isinstance(value.get(key), list)}
    return [
        {name: column[at] for name, column in columns.items() if at < len(column)} for at in range(len(columns["id"]))
    ]


def _single(column: list[Any]) -> list[Any]:
    return column[0] if column and isinstance(column[0], list) else column


def _document(value: Json, rank: int) -> Document | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict):  # (document, score)
        value = {**value[0], "score": value[1]}
    if isinstance(value, str):
        return None if _is_repr(value) else Document(content=value, rank=rank)
    if not isinstance(value, dict):
        return None
    if _is_plain(value):
        return Document(value["id"], text(value["content"]), real(value.get("score")), rank)
    value = _merged(value)
    content = first(value, *_CONTENT)
    document = Document(
        id=word(first(value, *_ID)),
        content=text(content) if not isinstance(content, dict) else text(content.get("text")),
        score=real(first(value, *_SCORE)),
        rank=rank,
        metadata=parsed(first(value, "metadata", "meta", "payload")),
    )
    return None if document.id is None and document.content is None else document


def _is_plain(value: Mapping[str, Any]) -> bool:
    """What most documents are, told at no cost."""
    found, content = value.get("id"), value.get("content")
    return isinstance(found, str) and found != "" and isinstance(content, str) and _PLAIN.issuperset(value)


def _merged(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Frameworks wrap the document: the score stands outside, the text inside."""
    if _WRAPPERS.isdisjoint(value):
        return value
    for key in _WRAPPERS_IN_ORDER:
        inner = mapping(value.get(key))
        if inner:
            outer = {name: given for name, given in value.items() if name != key and name not in {"lc", "type"}}
            return {**outer, **inner} if key != "kwargs" else inner
    whole: Json = value.get("document")
    return {**value, "content": whole} if isinstance(whole, str) else value


def _is_repr(value: str) -> bool:
    """An object that a library could only print: it holds no text."""
    return value.startswith("<") and value.endswith(">")


def from_elements(elements: Iterable[Json]) -> list[Document]:
    """Documents that were flattened into attributes."""
    return read_documents(list(elements))
