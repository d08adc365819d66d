"""One call counted once: spans of a trace that describe the same provider call.

Several instrumentations on one client, a framework's wrapper around its own client, a client that traces itself: each
writes a span for one call. All are shown; one counts. The decision is a pure function of the trace's spans, so it does
not depend on the order or the batches in which they came.

Two rules, over calls (llm, embedding, reranker) and retrievers:

1. The same response id: the provider gave one answer, so there was one call.
2. A call right inside another of its kind (only plain spans between them), with a compatible model and usage that does
   not contradict: the outer one has none, repeats the inner one's, or is the sum of the inner ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from telltale_collector.model import CALL_KINDS, Settled, SpanOutline

SpanId = str

JUDGED_KINDS = {*CALL_KINDS, "retriever"}
_TRANSPARENT = {"span"}
"""Kinds that may stand between a wrapper and the call it wraps: HTTP requests and the like."""


def outline(span: Settled) -> SpanOutline:
    call = span.call
    estimated = call.tokens_source == "estimated"  # a count of ours says nothing about who made the call
    return SpanOutline(
        trace_id=span.raw.trace_id,
        span_id=span.raw.span_id,
        parent_span_id=span.raw.parent_span_id,
        kind=call.kind,
        start_time=span.raw.start_time,
        response_id=call.response_id,
        model=call.response_model or call.request_model,
        input_tokens=None if estimated else call.input_tokens,
        output_tokens=None if estimated else call.output_tokens,
    )


def find_duplicates(spans: Iterable[SpanOutline]) -> dict[SpanId, SpanId]:
    """Which spans of one trace do not count: their id to the id of the span that counts for them."""
    by_id = {span.span_id: span for span in spans}
    judged = sorted(
        (span for span in by_id.values() if span.kind in JUDGED_KINDS), key=lambda span: (span.start_time, span.span_id)
    )
    marks = _same_response(judged)
    _mark_wrappers(judged, by_id, marks)
    return {span_id: _final(counted, marks) for span_id, counted in marks.items()}


def _same_response(judged: Sequence[SpanOutline]) -> dict[SpanId, SpanId]:
    groups: dict[tuple[str, str], list[SpanOutline]] = {}
    for span in judged:
        if span.response_id:
            groups.setdefault((span.kind, span.response_id), []).append(span)
    marks: dict[SpanId, SpanId] = {}
    for group in groups.values():
        counted = max(group, key=_fullness)
        marks |= {span.span_id: counted.span_id for span in group if span is not counted}
    return marks


def _fullness(span: SpanOutline) -> tuple[bool, bool, bool, int, str]:
    """What a span knows of its call; of equals the earliest, then the smallest id."""
    inverted = "".join(chr(0x10FFFF - ord(letter)) for letter in span.span_id)
    return (
        span.input_tokens is not None and span.output_tokens is not None,
        span.has_usage,
        span.model is not None,
        -span.start_time,
        inverted,
    )


def _mark_wrappers(
    judged: Sequence[SpanOutline], by_id: Mapping[SpanId, SpanOutline], marks: dict[SpanId, SpanId]
) -> None:
    inside: dict[SpanId, list[SpanOutline]] = {}
    for span in judged:
        outer = _enclosing(span, by_id)
        if outer is not None:
            inside.setdefault(outer.span_id, []).append(span)
    for outer in reversed(judged):  # the innermost first: a wrapper of a wrapper sees what counts below it
        counted = {_final(span.span_id, marks) for span in inside.get(outer.span_id, [])} - {outer.span_id}
        if outer.span_id not in marks and counted:
            _mark_wrapper(outer, [by_id[span_id] for span_id in sorted(counted)], marks)


def _enclosing(span: SpanOutline, by_id: Mapping[SpanId, SpanOutline]) -> SpanOutline | None:
    """The nearest span around, plain ones left out, if it is of the same kind."""
    seen = {span.span_id}
    around = by_id.get(span.parent_span_id or "")
    while around is not None and around.kind in _TRANSPARENT and around.span_id not in seen:
        seen.add(around.span_id)
        around = by_id.get(around.parent_span_id or "")
    return around if around is not None and around.kind == span.kind and around.span_id not in seen else None


def _mark_wrapper(outer: SpanOutline, inner: Sequence[SpanOutline], marks: dict[SpanId, SpanId]) -> None:
    if outer.response_id and all(span.response_id and span.response_id != outer.response_id for span in inner):
        return
    if not all(_same_model(outer.model, span.model) for span in inner):
        return
    if outer.has_usage and not any(span.has_usage for span in inner):
        if len(inner) == 1:  # only the wrapper knows the usage
            marks[inner[0].span_id] = outer.span_id
        return
    if _usage_repeats(outer, inner):
        marks[outer.span_id] = inner[-1].span_id


def _usage_repeats(outer: SpanOutline, inner: Sequence[SpanOutline]) -> bool:
    if not outer.has_usage:
        return True
    usage = (outer.input_tokens or 0, outer.output_tokens or 0)
    singles = [(span.input_tokens or 0, span.output_tokens or 0) for span in inner]
    total = (sum(tokens for tokens, _ in singles), sum(tokens for _, tokens in singles))
    return usage == total or usage in singles


def _same_model(one: str | None, other: str | None) -> bool:
    """Equal, unknown, or one the dated form of the other (``gpt-4o`` and ``gpt-4o-2024-08-06``)."""
    if one is None or other is None:
        return True
    short, long = sorted((one.split("/")[-1], other.split("/")[-1]), key=len)
    return long.startswith(short)


def _final(counted: SpanId, marks: Mapping[SpanId, SpanId]) -> SpanId:
    """Follow marks to a span that counts itself."""
    seen: set[SpanId] = set()
    while counted in marks and counted not in seen:
        seen.add(counted)
        counted = marks[counted]
    return counted
