"""The alerts as they stand: in memory for who asks, in the store for after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from telltale_collector.alerts.states import Sample, step
from telltale_collector.model import Alert, TimeNs
from telltale_collector.store.alerts import Alerts, KeptAlert
from telltale_dashboards.rule import Rule

Annotate = Callable[[Rule, Alert], Mapping[str, str]]

REMEMBERED_NS = 24 * 3600 * 1_000_000_000
"""How long it is said of an alert that it is over: longer than who should know is away."""

_LASTING = frozenset({"pending", "firing", "recovering"})


@dataclass(frozen=True, slots=True)
class _Move:
    """What an evaluation changes: a rule's alerts after it, and of these what the store has to know."""

    after: Mapping[str, Alert]
    changed: Sequence[KeptAlert]
    at_ns: TimeNs


class Book:
    """All alerts. One thread takes evaluations, any may read.

    What changes is stored before anybody is told: a restart finds what was said, and says nothing twice or never.
    """

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Mapping[str, Alert]] = {}
        self._lasting: dict[str, KeptAlert] = {}
        self._ended: dict[tuple[str, TimeNs | None], KeptAlert] = {}
        self._unsure: dict[tuple[str, str], _Move] = {}

    def load(self, now_ns: TimeNs) -> None:
        """Take up where the store says it was; what is not seen at once may still come.

        Raises:
            StoreError: it cannot be read now.
        """
        kept = self._alerts.now(now_ns - REMEMBERED_NS)
        with self._lock:
            self._known, self._lasting, self._ended = {}, {}, {}
            for each in kept:
                self._keep(each)
            for each in self._lasting.values():
                key = each.alert.project, each.alert.rule
                seen = replace(each.alert, seen_at_ns=now_ns)
                self._known[key] = {**self._known.get(key, {}), seen.fingerprint: seen}

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
        key = project, rule.uid
        again = self._unsure.get(key)
        if again is not None:  # the store may have it already: under its own time it is written once
            self._save(key, again)
        before = self._known.get(key, {})
        after = step(project, rule, interval_s, before, samples, now_ns)
        changed = [
            self._told(rule, alert, annotate)
            for alert in [*after.values(), *_forgotten(before, after, now_ns)]
            if _is_news(before.get(alert.fingerprint), alert)
        ]
        self._save(key, _Move(after, changed, now_ns))
        return bool(changed) or bool(again)

    def missed(self, project: str, rule: str, now_ns: TimeNs) -> None:
        """A rule could not be evaluated: what it is about was not seen, and not missing either."""
        known = self._known.get((project, rule), {})
        self._known[project, rule] = {key: replace(alert, seen_at_ns=now_ns) for key, alert in known.items()}

    def end(self, wanted: frozenset[str], now_ns: TimeNs) -> None:
        """End what lasts of rules that are no more, or off.

        Raises:
            StoreError: nothing ended.
        """
        with self._lock:
            gone = [each for each in self._lasting.values() if each.alert.rule not in wanted]
        ended = [KeptAlert(_over(each.alert, now_ns), each.severity, each.annotations) for each in gone]
        self._alerts.save(ended, now_ns)
        with self._lock:
            for each in ended:
                self._keep(each)
            self._known = {key: alerts for key, alerts in self._known.items() if key[1] in wanted}

    def kept(self) -> list[KeptAlert]:
        """Alerts that are not over, and each time that one was over in the last day."""
        with self._lock:
            return [*self._lasting.values(), *self._ended.values()]

    def again(self, rule: Rule, annotate: Annotate) -> None:
        """Say anew why a rule's alerts fire: that changes while they do."""
        for each in [each for each in self.kept() if each.alert.rule == rule.uid and each.alert.is_firing]:
            told = self._told(rule, each.alert, annotate)
            with self._lock:
                if each.alert.fingerprint in self._lasting:
                    self._lasting[each.alert.fingerprint] = told

    def _save(self, key: tuple[str, str], move: _Move) -> None:
        self._unsure[key] = move
        self._alerts.save(move.changed, move.at_ns)
        del self._unsure[key]
        with self._lock:
            self._known[key] = move.after
            for each in move.changed:
                self._keep(each)
            for fingerprint in move.after.keys() & self._lasting.keys():
                known = self._lasting[fingerprint]
                self._lasting[fingerprint] = KeptAlert(move.after[fingerprint], known.severity, known.annotations)
            long_over_ns = move.at_ns - REMEMBERED_NS
            self._ended = {
                key: each for key, each in self._ended.items() if (each.alert.ends_at_ns or 0) > long_over_ns
            }

    def _keep(self, each: KeptAlert) -> None:
        """What lasts under its fingerprint; what is over under its beginning, too: it may begin again."""
        alert = each.alert
        if alert.state in _LASTING:
            self._lasting[alert.fingerprint] = each
            return
        self._lasting.pop(alert.fingerprint, None)
        if alert.state == "resolved":
            self._ended[alert.fingerprint, alert.starts_at_ns] = each

    def _told(self, rule: Rule, alert: Alert, annotate: Annotate) -> KeptAlert:
        if alert.is_firing:
            return KeptAlert(alert, rule.severity, annotate(rule, alert))
        before = self._lasting.get(alert.fingerprint)
        return KeptAlert(alert, rule.severity, before.annotations if before else {})


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
