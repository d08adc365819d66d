"""Retrieved documents beside the answer that was made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telltale_collector.web.overlap import Piece, pieces
from telltale_collector.web.texts import Fact, facts, plain

if TYPE_CHECKING:
    from telltale_collector.model import Document, Json, Span, Trace


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A document, cut where the answer uses its words.

    Attributes:
        document: as retrieved.
        pieces: its content, cut.
        hidden: characters cut off the content's end.
        bar: its score in percent of the best one; None without comparable scores.
        is_used: whether any run of its words stands in the answer.
        metadata: what else is known of it.
    """

    document: Document
    pieces: list[Piece]
    hidden: int
    bar: float | None
    is_used: bool
    metadata: list[Fact]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents that one span retrieved."""

    span: Span
    documents: list[Retrieved]


def shelves_for(trace: Trace, span: Span, limit: int | None) -> list[Shelf]:
    """A span's own documents; for a model call, those that others had retrieved by the time it began."""
    if span.documents:
        return [_shelf(span, _answer_of(trace), limit)]
    if span.kind != "llm":
        return []
    before = [other for other in trace.spans if other.documents and other.end_time <= span.start_time]
    return [_shelf(other, span.output_text or "", limit) for other in before]


def _answer_of(trace: Trace) -> str:
    roots = [span for span in trace.spans if span.parent_span_id is None]
    calls = [span for span in trace.spans if span.kind == "llm"]
    return next((span.output_text for span in [*roots, *reversed(calls)] if span.output_text), "")


def _shelf(span: Span, answer: str, limit: int | None) -> Shelf:
    scores = [document.score for document in span.documents if document.score is not None]
    # A bar is a share of the best score: it says nothing where scores may be negative (logits, distances).
    best = max(scores) if scores and min(scores) >= 0 else 0.0
    return Shelf(span, [_retrieved(document, answer, best, limit) for document in span.documents])


def _retrieved(document: Document, answer: str, best: float, limit: int | None) -> Retrieved:
    content = document.content or ""
    shown = pieces(content[:limit], answer)
    return Retrieved(
        document=document,
        pieces=shown,
        hidden=0 if limit is None else max(len(content) - limit, 0),
        bar=None if document.score is None or best <= 0 else round(document.score * 100 / best, 1),
        is_used=any(piece.used for piece in shown),
        metadata=_metadata(document.metadata),
    )


def _metadata(metadata: Json) -> list[Fact]:
    if not metadata:
        return []
    return facts(metadata) if isinstance(metadata, dict) else [Fact("metadata", plain(metadata))]
