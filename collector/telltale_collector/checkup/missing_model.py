"""Calls that do not say which model."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row


def _mend(group: Row) -> str:
    scope = group["scope"] or "(none)"
    return f'span.set_attribute("gen_ai.request.model", model)  # on the {group["kind"]} spans of scope {scope}'


FAULT = Fault(
    name="missing_model",
    title="Calls without a model's name",
    severity="error",
    of="calls",
    query="checkup_missing_model",
    why=(
        "A call that names no model can have no price: its cost is missing from every sum, and it is missing from "
        "every comparison by model. The request's model is enough."
    ),
    mend=_mend,
)
