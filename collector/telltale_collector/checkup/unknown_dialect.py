"""Spans that look like model calls to a reader, but not to any dialect."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row


def _mend(group: Row) -> str:
    scope = group["scope"] or "(none)"
    return (
        f"curl -s http://127.0.0.1:4318/api/v1/traces/{group['examples'][0]} > unknown-dialect.json"
        f"  # attach it to a report: unknown dialect, scope {scope}"
    )


FAULT = Fault(
    name="unknown_dialect",
    title="LLM spans that are not understood",
    severity="error",
    of="spans",
    query="checkup_unknown_dialect",
    why=(
        "These spans carry attributes that LLM instrumentations write, in a way that is not known here. They are "
        "kept as they came, but they count as no call: their tokens and their money are in no sum until the "
        "dialect is learnt."
    ),
    mend=_mend,
)
