"""The states of alerts, one evaluation after the other; the same as Grafana's for the same series of values.

    bad    normal → pending, and firing once it was bad for ``for_s`` (at once where that is 0); recovering → firing
    good   pending → normal; firing → recovering, and resolved once it was good for ``keep_firing_for_s`` (or at once)
    gone   a row that is not given at two evaluations is over at the second, whatever ``keep_firing_for_s`` says
    none   no row at all is good, bad, or nothing new for every alert of the rule, by its ``no_data``

Source: Grafana's documentation, "State and health of alert rules" and "Stale alert instances (MissingSeries)".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from telltale_collector.model import Alert, AlertState, TimeNs
from telltale_dashboards.rule import Rule

_SECOND_NS = 1_000_000_000
_MISSED = 2
"""Evaluations without a row after which what it was about is over."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row that a rule's SQL gave."""

    labels: Mapping[str, str]
    value: float


def fingerprint_of(project: str, rule: str, labels: Mapping[str, str]) -> str:
    """16 hex digits: who an alert is."""
    identity = json.dumps([project, rule, sorted(labels.items())], ensure_ascii=False)
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def step(
    project: str,
    rule: Rule,
    interval_s: int,
    known: Mapping[str, Alert],
    samples: Sequence[Sample],
    now_ns: TimeNs,
) -> dict[str, Alert]:
    """The alerts of one rule in one project after an evaluation, by fingerprint.

    Args:
        interval_s: between evaluations of the rule.
        known: the alerts after the evaluation before; those that are normal, too.
        samples: what the rule's SQL gave, label sets all different.
        now_ns: when it was evaluated.
    """
    if not samples:
        return _without_data(project, rule, known, now_ns)
    found: dict[str, Alert] = {}
    for sample in samples:
        key = fingerprint_of(project, rule.uid, sample.labels)
        before = known.get(key) or _normal(project, rule, key, sample, now_ns)
        found[key] = _advanced(before, rule, sample.value, now_ns, is_bad=rule.is_bad(sample.value))
    return found | dict(_missing(known, found, interval_s, now_ns))


def _without_data(project: str, rule: Rule, known: Mapping[str, Alert], now_ns: TimeNs) -> dict[str, Alert]:
    if rule.no_data == "keep_last":
        return dict(known)
    is_bad = rule.no_data == "alerting"
    if is_bad and not known:
        sample = Sample({}, 0.0)
        key = fingerprint_of(project, rule.uid, sample.labels)
        known = {key: _normal(project, rule, key, sample, now_ns)}
    matter = {key: alert for key, alert in known.items() if is_bad or alert.state not in {"normal", "resolved"}}
    return {key: _advanced(alert, rule, alert.value, now_ns, is_bad=is_bad) for key, alert in matter.items()}


def _missing(
    known: Mapping[str, Alert], found: Mapping[str, Alert], interval_s: int, now_ns: TimeNs
) -> Iterator[tuple[str, Alert]]:
    """Alerts without a row: as they were at first, then over if they fired, else forgotten."""
    for key in known.keys() - found.keys():
        alert = known[key]
        if now_ns < alert.seen_at_ns + _MISSED * interval_s * _SECOND_NS:
            yield key, alert
        elif alert.is_firing:
            yield key, replace(alert, state="resolved", since_ns=now_ns, ends_at_ns=now_ns)


def _normal(project: str, rule: Rule, fingerprint: str, sample: Sample, now_ns: TimeNs) -> Alert:
    return Alert(
        project=project,
        fingerprint=fingerprint,
        rule=rule.uid,
        labels=dict(sample.labels),
        state="normal",
        value=sample.value,
        active_at_ns=now_ns,
        since_ns=now_ns,
        starts_at_ns=None,
        ends_at_ns=None,
        seen_at_ns=now_ns,
    )


def _advanced(before: Alert, rule: Rule, value: float, now_ns: TimeNs, *, is_bad: bool) -> Alert:
    state = _next_if_bad(before, rule, now_ns) if is_bad else _next_if_good(before, rule, now_ns)
    alert = replace(before, value=value, seen_at_ns=now_ns)
    return alert if state == before.state else _changed(alert, state, now_ns)


def _next_if_bad(before: Alert, rule: Rule, now_ns: TimeNs) -> AlertState:
    if before.is_firing:
        return "firing"
    waited_s = (now_ns - before.since_ns) / _SECOND_NS if before.state == "pending" else 0
    return "firing" if waited_s >= rule.for_s else "pending"


def _next_if_good(before: Alert, rule: Rule, now_ns: TimeNs) -> AlertState:
    if not before.is_firing:
        return "normal"
    if before.state == "firing":
        return "recovering" if rule.keep_firing_for_s else "resolved"
    return "resolved" if now_ns - before.since_ns >= rule.keep_firing_for_s * _SECOND_NS else "recovering"


def _changed(alert: Alert, state: AlertState, now_ns: TimeNs) -> Alert:
    begins = alert.state in {"normal", "resolved"}
    fires_anew = state == "firing" and not alert.is_firing
    alert = replace(alert, state=state, since_ns=now_ns, active_at_ns=now_ns if begins else alert.active_at_ns)
    if fires_anew:
        return replace(alert, starts_at_ns=now_ns, ends_at_ns=None)
    if state == "resolved":
        return replace(alert, ends_at_ns=now_ns)
    if state in {"normal", "pending"}:
        return replace(alert, starts_at_ns=None, ends_at_ns=None)
    return alert
