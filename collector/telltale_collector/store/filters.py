"""Which traces or spans: from request parameters to typed conditions. Columns come from here alone, values never do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs, TraceFilter
from telltale_collector.store.times import read_time

_TEXTS = (
    "session_id",
    "user_id",
    "model",
    "service",
    "environment",
    "kind",
    "name",
    "status",
    "guard_verdict",
    "prompt_name",
    "prompt_version",
)
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_WORD = re.compile(r"\w")
_SMALLEST = Decimal("1e-12")
"""The scale of the columns: 1e-999999 is a short text, and a million digits written out."""


def read_filter(params: Mapping[str, str], now_ns: TimeNs) -> TraceFilter:
    """The filter in request parameters; empty values do not filter.

    Raises:
        BadRequest: a value is not of its type; the hint says what to write.
    """
    given = {key: value.strip() for key, value in params.items() if value.strip()}
    where = TraceFilter(q=given.get("q"))
    for key in _TEXTS:
        setattr(where, key, given.get(key))
    where.from_time = read_time(given["from"], now_ns) if "from" in given else None
    where.to_time = read_time(given["to"], now_ns) if "to" in given else None
    where.min_cost_usd = _decimal(given, "min_cost_usd")
    where.min_duration_ns = _nanoseconds(given, "min_duration_ms")
    where.min_call_ns = _nanoseconds(given, "min_call_ms")
    where.min_ttft_ns = _nanoseconds(given, "min_ttft_ms")
    where.has = _has(given)
    where.trace_id = given.get("trace_id", "").lower() or None
    return where


def _has(given: Mapping[str, str]) -> str | None:
    if "has" in given and given["has"] not in HAS:
        raise BadRequest(f"has is not known: {given['has'][:60]!r}", f"it takes: {', '.join(HAS)}")
    return given.get("has")


def _nanoseconds(given: Mapping[str, str], name: str) -> int | None:
    value = _decimal(given, name)
    return None if value is None else int(value * 1_000_000)


def _decimal(given: Mapping[str, str], name: str) -> Decimal | None:
    if name not in given:
        return None
    try:
        value = Decimal(given[name])
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10**12:
        raise BadRequest(f"{name} is not a number: {given[name][:60]!r}", f"write it as {name}=0.05")
    return value.quantize(_SMALLEST).normalize()


@dataclass(slots=True)
class Conditions:
    """SQL conditions and their parameters: on single spans, and on traces as a whole."""

    on_spans: list[str] = field(default_factory=list)
    on_traces: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, name: str, value: Any) -> None:
        self.parameters[name] = value


_FEEDBACK = (
    "trace_id IN (SELECT trace_id FROM scores FINAL"
    " WHERE project = {{project:String}} AND name = 'feedback' AND value {} 0)"
)

_SPAN_CONDITIONS: dict[str, str] = {
    "session_id": "session_id = {session_id:String}",
    "user_id": "user_id = {user_id:String}",
    "model": "(response_model = {model:String} OR request_model = {model:String})",
    "service": "service = {service:String}",
    "environment": "environment = {environment:String}",
    "kind": "kind = {kind:String}",
    "name": "name = {name:String}",
    "guard_verdict": "guard_verdict = {guard_verdict:String}",
    "trace_id": "trace_id = {trace_id:String}",
    "prompt_name": "prompt_name = {prompt_name:String}",
    "prompt_version": "prompt_version = {prompt_version:String}",
}

_IS_CALL = "kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL"
_CALLS: dict[str, str] = {
    "call": _IS_CALL,
    "failed_call": f"{_IS_CALL} AND status = 'error'",
    "unpriced_call": f"{_IS_CALL} AND cost_source = 'unpriced'",
    "estimated_call": f"{_IS_CALL} AND tokens_source = 'estimated'",
}
_OTHERS: dict[str, str] = {
    "error": "status = 'error'",
    "like": _FEEDBACK.format(">"),
    "dislike": _FEEDBACK.format("<"),
}
HAS: tuple[str, ...] = (*_CALLS, *_OTHERS)
"""What ``has`` takes: provider calls (each counts once) of a sort, a failed span, feedback of users."""

_SLOW_CALLS: dict[str, str] = {
    "min_call_ns": (
        f"{_IS_CALL} AND toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time) >= {{min_call_ns:Int64}}"
    ),
    "min_ttft_ns": f"{_IS_CALL} AND ttft_ns >= {{min_ttft_ns:Int64}}",
}
_OF_CALLS = ("session_id", "user_id", "model", "service", "environment", "prompt_name", "prompt_version")
"""What is asked of a call that is asked for, rather than of any span beside it."""

_ALL_WORDS = (
    "(hasAllTokens(arrayMap(content -> lowerUTF8(content), input_messages.content), lowerUTF8({q:String}))"
    " OR hasAllTokens(arrayMap(content -> lowerUTF8(content), output_messages.content), lowerUTF8({q:String}))"
    " OR positionCaseInsensitiveUTF8(name, {q:String}) > 0)"
)
_SUBSTRING = "(position(input_text, {q:String}) > 0 OR position(output_text, {q:String}) > 0)"

_TRACE_STATUS = (
    "multiIf(countIf(parent_span_id IS NULL) > 0, argMinIf(status, start_time, parent_span_id IS NULL),"
    " countIf(status = 'error') > 0, 'error', 'unset') = {status:String}"
)
_TRACE_COST = (
    "sumIf(cost_usd, kind IN ('llm', 'embedding', 'reranker') AND duplicate_of IS NULL)"
    " >= toDecimal128({min_cost_usd:String}, 12)"
)
_TRACE_DURATION = (
    "toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) >= {min_duration_ns:Int64}"
)


def trace_conditions(where: TraceFilter) -> Conditions:
    """Conditions for traces: each of those on spans holds for a trace that has such a span."""
    conditions = _conditions_on_spans(where)
    for name, condition, bound in (
        ("status", _TRACE_STATUS, lambda value: value),
        ("min_cost_usd", _TRACE_COST, lambda value: format(value, "f")),
        ("min_duration_ns", _TRACE_DURATION, lambda value: value),
    ):
        _add(conditions, conditions.on_traces, where, name, condition, bound)
    return conditions


def span_conditions(where: TraceFilter) -> Conditions:
    """Conditions for single spans."""
    conditions = _conditions_on_spans(where)
    for name, condition, bound in (
        ("status", "status = {status:String}", lambda value: value),
        (
            "min_cost_usd",
            "cost_usd >= toDecimal128({min_cost_usd:String}, 12)",
            lambda value: format(value, "f"),
        ),
        (
            "min_duration_ns",
            "toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time) >= {min_duration_ns:Int64}",
            lambda value: value,
        ),
    ):
        _add(conditions, conditions.on_spans, where, name, condition, bound)
    return conditions


def _conditions_on_spans(where: TraceFilter) -> Conditions:
    conditions = Conditions()
    of_calls = _call_conditions(where)
    if where.has in _OTHERS:
        conditions.on_spans.append(_OTHERS[where.has])
    for name, condition in (_SPAN_CONDITIONS | _SLOW_CALLS).items():
        into = of_calls if of_calls and name in _OF_CALLS else conditions.on_spans
        _add(conditions, [] if name in _SLOW_CALLS else into, where, name, condition, lambda value: value)
    if of_calls:
        conditions.on_spans.append(f"({' AND '.join(of_calls)})")
    if where.q:
        conditions.bind("q", where.q)
        conditions.on_spans.append(_text_condition(where.q))
    return conditions


def _call_conditions(where: TraceFilter) -> list[str]:
    """What one and the same call has to meet; empty where no call is asked for."""
    found = [_CALLS[where.has]] if where.has in _CALLS else []
    return found + [text for name, text in _SLOW_CALLS.items() if getattr(where, name) is not None]


def _text_condition(q: str) -> str:
    if _TRACE_ID.fullmatch(q.lower()):
        return "trace_id = lower({q:String})"
    return _ALL_WORDS if _WORD.search(q) else _SUBSTRING


def _add(
    conditions: Conditions,
    into: list[str],
    where: TraceFilter,
    name: str,
    condition: str,
    bound: Callable[[Any], Any],
) -> None:
    value = getattr(where, name)
    if value is not None:
        conditions.bind(name, bound(value))
        into.append(condition)
