"""Traces for the tests of the store."""

import time

import otlp


def trace_of(*spans: dict) -> str:
    return spans[0]["trace_id"]


def rag_trace(start: int | None = None, **context: object) -> list[dict]:
    """A root with a guard and a call below it."""
    trace_id, root = otlp.new_trace_id(), otlp.new_span_id()
    start = start or time.time_ns()
    inside = {"trace_id": trace_id, "parent": root}
    return [
        otlp.span(
            "answer",
            trace_id=trace_id,
            span_id=root,
            start=start,
            end=start + 3_000_000_000,
            attributes={
                "telltale.span.kind": "chain",
                "telltale.input.value": '{"question": "What is ClickHouse?"}',
                "telltale.output.value": "A database.",
                **context,
            },
        ),
        otlp.span(
            "guard.pii",
            start=start + 1_000_000,
            attributes={
                "telltale.span.kind": "guardrail",
                "telltale.guard.name": "pii",
                "telltale.guard.verdict": "flag",
            },
            **inside,
        ),
        otlp.llm_span(start=start + 2_000_000, end=start + 2_900_000_000, **inside),
    ]
