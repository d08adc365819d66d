"""Calls without their words."""

from __future__ import annotations

from telltale_collector.checkup import Fault
from telltale_collector.checkup._libraries import switch_content_on

FAULT = Fault(
    name="missing_content",
    title="Calls without what was asked or answered",
    severity="warning",
    of="model calls",
    query="checkup_missing_content",
    why=(
        "Content capture is off, so these calls can be neither read, searched nor evaluated, and where the "
        "provider sends no usage their tokens cannot be counted either. If it is off on purpose, for privacy, "
        "there is nothing to mend."
    ),
    mend=switch_content_on,
)
