"""Models that no price is known for."""

from __future__ import annotations

import json

from telltale_collector.checkup import Fault, Row

_NO_USAGE = (
    "# no price would help: these calls of {model} carry no complete token counts;"
    " mend streams without token counts and missing content first"
)


def _mend(group: Row) -> str:
    """A row for the price file. It holds no price yet, and the collector refuses to start before it does."""
    if group["without_usage"] == group["faulty"]:
        return _NO_USAGE.format(model=group["model"])
    model, provider = (json.dumps(text, ensure_ascii=False) for text in (group["model"], group["provider"] or "*"))
    return (
        f"  - {{model: {model}, provider: {provider},"
        " input_usd_per_mtok: PRICE, output_usd_per_mtok: PRICE}"
        "  # under prices: in the file of --price-file; US dollars for a million tokens"
    )


FAULT = Fault(
    name="unpriced_models",
    title="Models without a price",
    severity="error",
    of="calls",
    query="checkup_unpriced_models",
    why=(
        "The cost of these calls is unknown, and every sum over them leaves them out: what you see is less than "
        "what you pay. No price list has this model at this provider; a row in your own price file gives it one."
    ),
    mend=_mend,
)
