"""Alerts and rules as API and pages show them: what is known of each, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telltale_collector.alerts.desk import Desk
from telltale_collector.alerts.evaluator import Evaluator
from telltale_collector.alerts.message import labels_of
from telltale_collector.alerts.silenced import all_hold
from telltale_collector.model import Acknowledgement, AlertState, Silence, TimeNs
from telltale_collector.store.alerts import Alerts, KeptAlert
from telltale_dashboards.panel import Unit
from telltale_dashboards.rule import Group, Rule

_SEVERITIES = ("page", "ticket", "info")
_STATES = ("firing", "recovering", "pending", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert.

    Attributes:
        group: the rule's group, by name; "" where the rule is no more.
        title: the rule's; its uid where the rule is no more.
        value: the newest, in ``unit``, which are the panels' units.
        annotations: as in ``AlertMessage``; empty while it is pending.
        silences: those that keep it back now.
        acknowledged_by, comment: who knows of it, and what they said; None where nobody does.
    """

    fingerprint: str
    rule: str
    group: str
    title: str
    severity: str
    labels: Mapping[str, str]
    state: AlertState
    value: float
    unit: Unit
    active_at_ns: TimeNs
    since_ns: TimeNs
    starts_at_ns: TimeNs | None
    ends_at_ns: TimeNs | None
    annotations: Mapping[str, str]
    silences: Sequence[Silence]
    acknowledged_by: str | None
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule, how its last evaluation went, and how many of its alerts are in which state."""

    rule: Rule
    group: Group
    evaluated_at_ns: TimeNs | None
    took_ns: int
    error: str
    firing: int
    pending: int


class Watch:
    """What API and pages ask about alerts."""

    def __init__(self, evaluator: Evaluator, alerts: Alerts, desk: Desk, now_ns: Callable[[], TimeNs]) -> None:
        self._evaluator = evaluator
        self._alerts = alerts
        self._desk = desk
        self._now_ns = now_ns
        self._rules = {rule.uid: rule for group in evaluator.groups for rule in group.rules}
        self._groups = {rule.uid: group.name for group in evaluator.groups for rule in group.rules}

    def now(self, project: str) -> list[AlertView]:
        """Alerts that are not over: those that fire first, the worst of them first, then the newest."""
        kept = [each for each in self._evaluator.book.kept() if each.alert.project == project]
        views = self._viewed(project, [each for each in kept if each.alert.state in _STATES[:3]])
        return sorted(views, key=_urgency)

    def is_alive(self) -> bool:
        """Whether every group of rules was evaluated lately."""
        return self._evaluator.is_alive(self._now_ns())

    def history(self, project: str, from_ns: TimeNs, to_ns: TimeNs, *, rule: str = "", limit: int) -> list[AlertView]:
        """Each time that an alert fired within a range, the newest first."""
        return self._viewed(project, self._alerts.history(project, from_ns, to_ns, rule=rule, limit=limit))

    def rules(self, project: str) -> list[RuleView]:
        """All rules, those that are off, too, in order of their groups."""
        kept = [each.alert for each in self._evaluator.book.kept() if each.alert.project == project]
        return [
            RuleView(
                rule=rule,
                group=group,
                evaluated_at_ns=(health := self._evaluator.health(rule.uid)).evaluated_at_ns,
                took_ns=health.took_ns,
                error=health.error,
                firing=sum(alert.rule == rule.uid and alert.is_firing for alert in kept),
                pending=sum(alert.rule == rule.uid and alert.state == "pending" for alert in kept),
            )
            for group in self._evaluator.groups
            for rule in group.rules
        ]

    def _viewed(self, project: str, kept: Sequence[KeptAlert]) -> list[AlertView]:
        if not kept:
            return []
        silences = [silence for silence in self._desk.silences(project) if self._lasts(silence)]
        known = {each.fingerprint: each for each in self._desk.acknowledgements(project)}
        return [self._view(each, silences, known.get(each.alert.fingerprint)) for each in kept]

    def _lasts(self, silence: Silence) -> bool:
        return silence.starts_at_ns <= self._now_ns() < silence.ends_at_ns

    def _view(self, kept: KeptAlert, silences: Sequence[Silence], known: Acknowledgement | None) -> AlertView:
        alert, rule = kept.alert, self._rules.get(kept.alert.rule)
        title = rule.title if rule else alert.rule
        labels = labels_of(rule, kept)
        is_known = known is not None and alert.starts_at_ns is not None and known.at_ns >= alert.starts_at_ns
        return AlertView(
            fingerprint=alert.fingerprint,
            rule=alert.rule,
            group=self._groups.get(alert.rule, ""),
            title=title,
            severity=kept.severity,
            labels=alert.labels,
            state=alert.state,
            value=alert.value,
            unit=rule.unit if rule else "short",
            active_at_ns=alert.active_at_ns,
            since_ns=alert.since_ns,
            starts_at_ns=alert.starts_at_ns,
            ends_at_ns=alert.ends_at_ns,
            annotations=kept.annotations,
            silences=[each for each in silences if alert.is_firing and all_hold(each.matchers, labels)],
            acknowledged_by=known.created_by if known and is_known else None,
            comment=known.comment if known and is_known else None,
        )


def _urgency(view: AlertView) -> tuple[int, int, int]:
    severity = _SEVERITIES.index(view.severity) if view.severity in _SEVERITIES else len(_SEVERITIES)
    return _STATES.index(view.state) // 2, severity, -view.since_ns
