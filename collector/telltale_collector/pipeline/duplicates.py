"""One call counted once: spans that describe the same provider call.

Several instrumentations on one client, a framework's wrapper around its own client, a client that traces itself: each
writes a span for one call. All are shown; one counts. The decision is a pure function of the spans, so it does not
depend on the order or the batches in which they came.

Three rules, over calls (llm, embedding, reranker) and retrievers:

1. The same response id at the same time, from two instrumentations or one inside the other. (The id alone does not
   suffice: test servers and caches repeat theirs.)
2. A call right inside another of its kind (only plain spans between them), with a compatible model and usage that does
   not contradict: the outer one has none, repeats the inner one's, or is the sum of the inner ones.
3. An instantaneous span that brings the usage of the sibling before it: some libraries end a streamed call's span when
   the stream begins, and write another when it has ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from telltale_collector.model import CALL_KINDS, Settled, SpanOutline

SpanKey = tuple[str, str]
"""(trace id, span id)."""

JUDGED_KINDS = {*CALL_KINDS, "retriever"}

_MOST_OF_ONE_RESPONSE = 16
"""More spans with one response id come from a server that repeats its ids."""

_MOST_LEVELS = 64
"""A wrapper further above than this is none."""

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
        scope=span.raw.scope_name or None,
        start_time=span.raw.start_time,
        end_time=span.raw.end_time,
        response_id=call.response_id,
        model=call.response_model or call.request_model,
        input_tokens=None if estimated else call.input_tokens,
        output_tokens=None if estimated else call.output_tokens,
        session_id=call.session_id,
        user_id=call.user_id,
        received_at=span.received_at,
    )


def find_duplicates(by_key: Mapping[SpanKey, SpanOutline]) -> dict[SpanKey, SpanKey]:
    """Which spans do not count: each to the span that counts for it.

    Args:
        by_key: all spans of one trace, or of several that share response ids.
    """
    judged = sorted(_comparable(by_key.values()), key=_order)
    marks: dict[SpanKey, SpanKey] = {}
    _mark_same_responses(judged, by_key, marks)
    _mark_wrappers(judged, by_key, marks)
    _mark_first_halves(judged, marks)
    return {key: _final(counted, marks) for key, counted in marks.items()}


def _comparable(spans: Iterable[SpanOutline]) -> Iterable[SpanOutline]:
    """Judged spans that are not the only one of their kind in their trace, or not the only one of their response."""
    judged = [span for span in spans if span.kind in JUDGED_KINDS]
    in_trace = Counter((span.trace_id, span.kind) for span in judged)
    of_response = Counter((span.response_id, span.kind) for span in judged)
    return (
        span
        for span in judged
        if in_trace[span.trace_id, span.kind] > 1 or (span.response_id and of_response[span.response_id, span.kind] > 1)
    )


def _order(span: SpanOutline) -> tuple[int, str, str]:
    return (span.start_time, span.trace_id, span.span_id)


# --- rule 1 ---------------------------------------------------------------------------------------------------------


def _mark_same_responses(
    judged: Sequence[SpanOutline], by_key: Mapping[SpanKey, SpanOutline], marks: dict[SpanKey, SpanKey]
) -> None:
    groups: dict[tuple[str, str], list[SpanOutline]] = {}
    for span in judged:
        if span.response_id:
            groups.setdefault((span.kind, span.response_id), []).append(span)
    for group in groups.values():
        rest = group if len(group) <= _MOST_OF_ONE_RESPONSE else []
        while rest:
            counted = max(rest, key=_fullness)
            same = [span for span in rest if span is not counted and _is_same_call(span, counted, by_key)]
            marks |= {span.key: counted.key for span in same}
            rest = [span for span in rest if span is not counted and span not in same]


def _fullness(span: SpanOutline) -> tuple[bool, bool, bool, int, tuple[int, ...]]:
    """What a span knows of its call; of equals the earliest, then the smallest id."""
    inverted = tuple(-ord(letter) for letter in span.trace_id + span.span_id)
    complete = span.input_tokens is not None and span.output_tokens is not None
    return (complete, span.has_usage, span.model is not None, -span.start_time, inverted)


def _is_same_call(one: SpanOutline, other: SpanOutline, by_key: Mapping[SpanKey, SpanOutline]) -> bool:
    overlap = one.start_time <= other.end_time and other.start_time <= one.end_time
    apart = one.scope != other.scope
    return overlap and (apart or _is_above(one, other, by_key) or _is_above(other, one, by_key))


def _is_above(above: SpanOutline, span: SpanOutline, by_key: Mapping[SpanKey, SpanOutline]) -> bool:
    return any(found.key == above.key for found in _ancestors(span, by_key))


def _ancestors(span: SpanOutline, by_key: Mapping[SpanKey, SpanOutline]) -> Iterable[SpanOutline]:
    """From the parent upwards, not for ever; a circle ends it."""
    seen = {span.key}
    above = by_key.get((span.trace_id, span.parent_span_id or ""))
    while above is not None and above.key not in seen and len(seen) <= _MOST_LEVELS:
        seen.add(above.key)
        yield above
        above = by_key.get((above.trace_id, above.parent_span_id or ""))


# --- rule 2 ---------------------------------------------------------------------------------------------------------


def _mark_wrappers(
    judged: Sequence[SpanOutline], by_key: Mapping[SpanKey, SpanOutline], marks: dict[SpanKey, SpanKey]
) -> None:
    inside: dict[SpanKey, list[SpanOutline]] = {}
    for span in judged:
        outer = _enclosing(span, by_key)
        if outer is not None:
            inside.setdefault(outer.key, []).append(span)
    for outer in reversed(judged):  # the innermost first: a wrapper of a wrapper sees what counts below it
        counted = {_final(span.key, marks) for span in inside.get(outer.key, [])} - {outer.key}
        if outer.key not in marks and counted:
            _mark_wrapper(outer, [by_key[key] for key in sorted(counted)], marks)


def _enclosing(span: SpanOutline, by_key: Mapping[SpanKey, SpanOutline]) -> SpanOutline | None:
    """The nearest span around, plain ones left out, if it is of the same kind."""
    around = next((above for above in _ancestors(span, by_key) if above.kind not in _TRANSPARENT), None)
    return around if around is not None and around.kind == span.kind else None


def _mark_wrapper(outer: SpanOutline, inner: Sequence[SpanOutline], marks: dict[SpanKey, SpanKey]) -> None:
    if outer.response_id and all(span.response_id and span.response_id != outer.response_id for span in inner):
        return
    if not all(_same_model(outer.model, span.model) for span in inner):
        return
    if outer.has_usage and not any(span.has_usage for span in inner):
        marks |= {span.key: outer.key for span in inner}  # only the wrapper knows the usage
        return
    if _usage_repeats(outer, inner):
        marks[outer.key] = inner[-1].key


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


# --- rule 3 ---------------------------------------------------------------------------------------------------------


def _mark_first_halves(judged: Sequence[SpanOutline], marks: dict[SpanKey, SpanKey]) -> None:
    waiting: dict[tuple[object, ...], SpanOutline] = {}
    for span in judged:
        if span.key in marks:
            continue
        beside = (span.trace_id, span.parent_span_id, span.kind, span.scope)
        first = waiting.get(beside)
        if not span.has_usage and span.response_id is None:
            waiting[beside] = span
        elif first is not None and _completes(span, first):
            marks[first.key] = span.key
            del waiting[beside]


def _completes(second: SpanOutline, first: SpanOutline) -> bool:
    instantaneous = second.start_time == second.end_time
    return (
        instantaneous
        and second.has_usage
        and first.end_time <= second.start_time
        and _same_model(first.model, second.model)
    )


def _final(counted: SpanKey, marks: Mapping[SpanKey, SpanKey]) -> SpanKey:
    """Follow marks to a span that counts itself."""
    seen: set[SpanKey] = set()
    while counted in marks and counted not in seen:
        seen.add(counted)
        counted = marks[counted]
    return counted
