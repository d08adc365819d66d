"""Judgements that a library writes onto spans, as the conventions' evaluation events: what a score is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from telltale import semconv as names
from telltale_collector.dialects._indexed import indexed
from telltale_collector.dialects._names import starting_with
from telltale_collector.dialects._values import first, mapping, real, text, word
from telltale_collector.model import AttributeValue, LogEvent, RawSpan

_SOURCES = {"LLM": "judge", "CODE": "code", "HUMAN": "human"}
_INDEXED = (("evaluations.", "evaluation"), ("annotations.", "annotation"))
_indexed_names = starting_with(*(prefix for prefix, _ in _INDEXED))
_EVALUATORS = {"openinference.span.kind": "EVALUATOR", "langfuse.observation.type": "evaluator"}
_may_judge = starting_with(*(prefix for prefix, _ in _INDEXED), *_EVALUATORS)
_ANSWERS = ("output.value", "langfuse.observation.output")


def judgements(span: RawSpan) -> list[LogEvent]:
    """One event a judgement; the same span always gives the same ids."""
    if not span.events and not _may_judge(span.attributes):
        return []
    found = [(event.time, dict(event.attributes)) for event in span.events if event.name == names.EVALUATION_EVENT]
    flattened = [
        (span.end_time, _attributes(element))
        for prefix, inner in (_INDEXED if _indexed_names(span.attributes) else ())
        for element in indexed(span.attributes, prefix, inner)
    ]
    found += flattened or [(span.end_time, given) for given in _of_evaluator(span)]
    return [
        _event(span, at, time, attributes)
        for at, (time, attributes) in enumerate(found)
        if names.EVALUATION_NAME in attributes
    ]


def _of_evaluator(span: RawSpan) -> Iterable[dict[str, Any]]:
    """An evaluator's span: its name is the judgement's, its answer holds score and label."""
    if not any(span.attributes.get(key) == kind for key, kind in _EVALUATORS.items()):
        return
    answer = mapping(first(span.attributes, *_ANSWERS))
    if any(key in answer for key in ("score", "label", "value")):
        yield _attributes({"name": span.name, **answer})


def _attributes(element: AttributeValue) -> dict[str, Any]:
    given: Mapping[str, Any] = element if isinstance(element, dict) else {}
    found = {
        names.EVALUATION_NAME: word(given.get("name")),
        names.EVALUATION_VALUE: real(first(given, "score", "value")),
        names.EVALUATION_LABEL: text(given.get("label")),
        names.EVALUATION_EXPLANATION: text(first(given, "explanation", "comment", "reason")),
        names.SCORE_SOURCE: _SOURCES.get(str(given.get("annotator_kind")).upper()),
        names.SCORE_AUTHOR: word(given.get("identifier")),
    }
    return {key: value for key, value in found.items() if value is not None}


def _event(span: RawSpan, at: int, time: int, attributes: dict[str, Any]) -> LogEvent:
    name = attributes[names.EVALUATION_NAME]
    digest = hashlib.sha256(f"{span.trace_id} {span.span_id} {at} {name}".encode(errors="replace"))
    return LogEvent(
        event_id=digest.hexdigest()[:32],
        trace_id=span.trace_id,
        span_id=span.span_id,
        name=names.EVALUATION_EVENT,
        time=time,
        attributes=attributes,
        body=None,
        scope_name=span.scope_name,
        resource=span.resource,
    )
