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
    """Switch the copy off, or the other one where that has a switch and the copy has none; never the framework's."""
    copy, counted = group["copy_scope"], group["counted_scope"]
    clients = [scope for scope in (copy, counted) if not _is_frameworks(scope)] or [copy, counted]
    line = next(filter(None, map(switch_off, clients)), "")
    if line:
        return line
    names = " or of ".join(map(library_name, clients))
    return f"# remove the instrumentation of {names}: every call is written twice"


def _is_frameworks(scope: str | None) -> bool:
    return any(word in (scope or "").lower() for word in _FRAMEWORKS)


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
