"""Two instrumentations on one client."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row
from telltale_collector.checkup._libraries import library_name, switch_off

_FRAMEWORKS = (
    "langchain",
    "langgraph",
    "llama_index",
    "llamaindex",
    "crewai",
    "haystack",
    "agents",
    "pydantic",
    "agno",
)
"""Their spans tell steps that a client's do not: of two that describe one call, the framework's is worth keeping."""


def _mend(group: Row) -> str:
    """Switch the copy off, or the other one where the copy is a framework's or has no known switch."""
    copy, counted = group["copy_scope"], group["counted_scope"]
    is_frameworks = any(word in (copy or "").lower() for word in _FRAMEWORKS)
    first, second = (counted, copy) if is_frameworks else (copy, counted)
    line = switch_off(first) or switch_off(second)
    if line:
        return line
    return (
        f"# switch off the instrumentation of scope {first} or {second}: {library_name(first)} writes every call again"
    )


FAULT = Fault(
    name="double_instrumentation",
    title="One call, two instrumentations",
    severity="warning",
    of="call spans",
    query="checkup_double_instrumentation",
    why=(
        "Two libraries each write a span for the same call. Here it counts once, so the money is right; but every "
        "prompt is sent and stored twice, traces show each call twice, and any other tool that sums these spans "
        "doubles its cost."
    ),
    mend=_mend,
)
