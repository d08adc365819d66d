"""Canonical spans for tests of what reads them, made without a store."""

import itertools
from typing import Any

from telltale_collector.model import Span, Trace, TraceSummary

_ids = itertools.count(1)
_MS = 1_000_000


def span(name: str = "step", start_ms: int = 0, end_ms: int = 10, **fields: Any) -> Span:
    """A span; times are milliseconds from the epoch."""
    given: dict[str, Any] = {
        "project": "default",
        "trace_id": "0" * 31 + "1",
        "span_id": f"{next(_ids):016x}",
        "parent_span_id": None,
        "name": name,
        "service": None,
        "environment": None,
        "scope": None,
        "dialect": None,
        "start_time": start_ms * _MS,
        "end_time": end_ms * _MS,
        "duration_ns": (end_ms - start_ms) * _MS,
        "status": "unset",
        "status_message": None,
        "input_text": None,
        "output_text": None,
        "duplicate_of": None,
        "is_open": False,
        "attributes": {},
        "resource": {},
        "events": [],
        "links": [],
    }
    return Span(**given | fields)


def trace(*spans: Span, **fields: Any) -> Trace:
    """A trace of these spans; of the roll-up only what is given here is meant."""
    given: dict[str, Any] = {
        "trace_id": spans[0].trace_id,
        "name": spans[0].name,
        "service": None,
        "environment": None,
        "start_time": spans[0].start_time,
        "duration_ns": spans[0].duration_ns,
        "status": "unset",
        "spans": len(spans),
        "errors": 0,
        "open_spans": 0,
        "last_sign": None,
        "llm_calls": 0,
        "embedding_calls": 0,
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": None,
        "unpriced_calls": 0,
        "estimated_calls": 0,
        "ttft_ns": None,
        "models": [],
        "user_id": None,
        "session_id": None,
        "tags": [],
        "guard_verdict": None,
        "scores": {},
        "input_preview": None,
        "output_preview": None,
    }
    return Trace(TraceSummary(**given | fields), list(spans), [])
