"""Alerts: what a rule found wrong, how long it has been, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from telltale_collector.model.primitives import TimeNs

AlertState: TypeAlias = Literal["normal", "pending", "firing", "recovering", "resolved"]
"""``pending``: bad, not yet for long enough; ``recovering``: good again, not yet for long enough, so it still fires;
``resolved``: it fired and is over; ``normal``: there is a row, and it is good.
"""

NO_SEVERITY = "none"
"""The severity of what is no alert, such as the heartbeat."""

AlertStatus: TypeAlias = Literal["firing", "resolved"]


@dataclass(slots=True, frozen=True, kw_only=True)
class Alert:
    """One thing that one rule looks at, as it stands; mostly one that is or was wrong.

    Attributes:
        fingerprint: of project, rule and labels; the same whenever the same thing goes wrong.
        rule: the rule's uid.
        labels: what is wrong, as the rule's text columns say.
        value: the newest.
        active_at_ns: when the first bad value was seen.
        since_ns: when ``state`` began.
        starts_at_ns: when it fired; None where it never did.
        ends_at_ns: when it was over; None where it is not.
        seen_at_ns: when the rule last gave this row.
    """

    project: str
    fingerprint: str
    rule: str
    labels: Mapping[str, str]
    state: AlertState
    value: float
    active_at_ns: TimeNs
    since_ns: TimeNs
    starts_at_ns: TimeNs | None
    ends_at_ns: TimeNs | None
    seen_at_ns: TimeNs

    @property
    def is_firing(self) -> bool:
        """Whether somebody has to know: as long as it may only be recovering, too."""
        return self.state in {"firing", "recovering"}


@dataclass(slots=True, frozen=True, kw_only=True)
class AlertMessage:
    """What is said about an alert that fires, or that fired and is over; fields as Alertmanager names them.

    Attributes:
        labels: ``alertname``, ``rule``, ``severity``, ``project``, and the alert's own.
        annotations: ``summary``, ``description``, ``value``, ``threshold``, ``why``, and addresses: ``board_url``,
            ``traces_url``, ``trace_url``, ``runbook_url``. What is not known is left out.
        ends_at_ns: None while it fires.
        generator_url: the alert's page.
    """

    project: str
    fingerprint: str
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs | None
    generator_url: str
