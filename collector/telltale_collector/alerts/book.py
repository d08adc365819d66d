"""The alerts as they stand: in memory for who asks, in the store for after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from telltale_collector.alerts.states import Sample, step
from telltale_collector.model import Alert, TimeNs
from telltale_collector.store.alerts import Alerts, KeptAlert
from telltale_dashboards.rule import Rule

Annotate = Callable[[Rule, Alert], Mapping[str, str]]

REMEMBERED_NS = 24 * 3600 * 1_000_000_000
"""How long it is said of an alert that it is over: longer than who should know is away."""

_REMEMBERED = frozenset({"pending", "firing", "recovering", "resolved"})


class Book:
    """All alerts. One thread takes evaluations, any may read.

    What changes is stored before anybody is told: a restart finds what was said, and says nothing twice or never.
    """

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], dict[str, Alert]] = {}
        self._kept: dict[str, KeptAlert] = {}

    def load(self, now_ns: TimeNs) -> None:
        """Take up where the store says it was.

        Raises:
            StoreError: it cannot be read now.
        """
        kept = self._alerts.now(now_ns - REMEMBERED_NS)
        with self._lock:
            self._kept = {each.alert.fingerprint: each for each in kept}
            self._known = {}
            for each in kept:
                of_rule = self._known.setdefault((each.alert.project, each.alert.rule), {})
                of_rule[each.alert.fingerprint] = each.alert

    def take(
        self,
        project: str,
        rule: Rule,
        interval_s: int,
        samples: Sequence[Sample],
        now_ns: TimeNs,
        annotate: Annotate,
    ) -> bool:
        """Move a rule's alerts on by one evaluation; whether any began or ended.

        Raises:
            StoreError: nothing moved; the next evaluation does it.
        """
        before = self._known.get((project, rule.uid), {})
        after = step(project, rule, interval_s, before, samples, now_ns)
        changed = [
            self._told(rule, alert, annotate)
            for alert in [*after.values(), *_forgotten(before, after, now_ns)]
            if _is_news(before.get(alert.fingerprint), alert)
        ]
        self._alerts.save(changed, now_ns)
        with self._lock:
            self._known[project, rule.uid] = after
            self._kept |= {each.alert.fingerprint: each for each in changed}
            self._refresh(after, now_ns)
        return bool(changed)

    def end(self, wanted: frozenset[str], now_ns: TimeNs) -> None:
        """End what fires of rules that are no more, or off.

        Raises:
            StoreError: nothing ended.
        """
        gone = [each for each in self.kept() if each.alert.rule not in wanted and each.alert.state != "resolved"]
        ended = [KeptAlert(_over(each.alert, now_ns), each.severity, each.annotations) for each in gone]
        self._alerts.save(ended, now_ns)
        with self._lock:
            self._kept |= {each.alert.fingerprint: each for each in ended}
            self._known = {key: alerts for key, alerts in self._known.items() if key[1] in wanted}
            self._refresh({}, now_ns)

    def kept(self) -> list[KeptAlert]:
        """Alerts that are not over, and those of the last day that are."""
        with self._lock:
            return list(self._kept.values())

    def again(self, rule: Rule, annotate: Annotate) -> None:
        """Say anew why a rule's alerts fire: that changes while they do."""
        fires = [each for each in self.kept() if each.alert.rule == rule.uid and each.alert.is_firing]
        for each in fires:
            told = self._told(rule, each.alert, annotate)
            with self._lock:
                if each.alert.fingerprint in self._kept:
                    self._kept[each.alert.fingerprint] = told

    def _told(self, rule: Rule, alert: Alert, annotate: Annotate) -> KeptAlert:
        before = self._kept.get(alert.fingerprint)
        if alert.is_firing or before is None:
            return KeptAlert(alert, rule.severity, annotate(rule, alert) if alert.is_firing else {})
        return KeptAlert(alert, rule.severity, before.annotations)

    def _refresh(self, after: Mapping[str, Alert], now_ns: TimeNs) -> None:
        """Newest values into what is kept; forget what is long over, and what was never told."""
        for fingerprint, alert in after.items():
            each = self._kept.get(fingerprint)
            if each is not None and alert.state in _REMEMBERED:
                self._kept[fingerprint] = KeptAlert(alert, each.severity, each.annotations)
        long_over_ns = now_ns - REMEMBERED_NS
        self._kept = {
            key: each
            for key, each in self._kept.items()
            if each.alert.state != "normal" and (each.alert.ends_at_ns is None or each.alert.ends_at_ns > long_over_ns)
        }


def _is_news(before: Alert | None, after: Alert) -> bool:
    """Whether the store has to know. That it is normal after it was over is none."""
    was = before.state if before else "normal"
    return was != after.state and (was, after.state) != ("resolved", "normal")


def _forgotten(before: Mapping[str, Alert], after: Mapping[str, Alert], now_ns: TimeNs) -> list[Alert]:
    """Alerts that were pending and have no row any more: the store has to forget them, too."""
    gone = (before[key] for key in before.keys() - after.keys())
    return [_over(alert, now_ns) for alert in gone if alert.state == "pending"]


def _over(alert: Alert, now_ns: TimeNs) -> Alert:
    if alert.starts_at_ns is None:
        return replace(alert, state="normal", since_ns=now_ns)
    return replace(alert, state="resolved", since_ns=now_ns, ends_at_ns=now_ns)
