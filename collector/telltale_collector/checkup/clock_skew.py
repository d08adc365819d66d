"""Clocks that disagree."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row


def _mend(group: Row) -> str:
    where = group["host"] or f"the machines of {group['service'] or 'the application'}"
    return f"sudo timedatectl set-ntp true && chronyc tracking  # on {where}: its clock is set by hand or not at all"


FAULT = Fault(
    name="clock_skew",
    title="Clocks that disagree",
    severity="warning",
    of="spans",
    query="checkup_clock_skew",
    why=(
        "The times of these spans cannot be true. Latencies and times to first token are wrong, calls are drawn "
        "outside the steps that made them, time ranges miss them, and a price that changed may be taken from the "
        "wrong day."
    ),
    mend=_mend,
)
