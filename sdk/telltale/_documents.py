"""What retrievers return, as the documents of one attribute: ``[{id, content, score, metadata}]``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

_MOST: Final = 2000
"""How many are looked at: as text they would be cut long before."""

_NAMES: Final = {
    "id": ("id", "id_", "doc_id", "document_id", "node_id"),
    "content": ("content", "text", "page_content"),
    "score": ("score", "similarity", "relevance_score"),
    "metadata": ("metadata", "meta"),
}


def documents_of(result: Any) -> list[dict[str, Any]] | None:
    """The documents in a retriever's result, or None when it does not look like a list of documents.

    A document is a str, a mapping, any object with ``content``, ``text`` or ``page_content``, or such a
    thing paired with its score.
    """
    kind = next((known for known in (list, tuple) if issubclass(type(result), known)), None)
    if kind is None:
        return None
    documents = [_document(item) for item in islice(kind.__iter__(result), _MOST)]
    return [document for document in documents if document] if all(documents) else None


def _document(item: Any) -> dict[str, Any] | None:
    if issubclass(type(item), str):
        return {"id": None, "content": item, "score": None, "metadata": None}
    if issubclass(type(item), tuple) and len(item) == 2:
        return _scored(*item)
    fields = {field: _first(item, names) for field, names in _NAMES.items()}
    if fields["content"] is None and fields["id"] is None:
        return None
    return {**fields, "score": _float(fields["score"])}


def _scored(first: Any, second: Any) -> dict[str, Any] | None:
    item, score = (second, first) if _float(second) is None else (first, second)
    document = None if issubclass(type(item), tuple) or _float(score) is None else _document(item)
    return document and {**document, "score": _float(score)}


def _first(item: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = item.get(name) if issubclass(type(item), Mapping) else getattr(item, name, None)
        if value is not None and not callable(value):
            return value
    return None


def _float(value: Any) -> float | None:
    if value is None or issubclass(type(value), (str, bytes, bool)):
        return None
    # Scores often come as numpy or torch scalars; anything that converts is a number.
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
