"""What is said about an alert: how bad, why, and where to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from telltale_collector.alerts.explain import Why
from telltale_collector.alerts.figures import figure, period
from telltale_collector.model import EVERY_PROJECT, NO_SEVERITY, Alert, AlertMessage, BudgetStatus, TimeNs
from telltale_collector.store.alerts import KeptAlert
from telltale_dashboards.rule import Rule

_SECOND_NS = 1_000_000_000
_FILTERS = {
    "service": "service",
    "environment": "environment",
    "model": "model",
    "user": "user_id",
    "session": "session_id",
}
"""Labels that the trace list can be filtered by, and by what name."""

_VARIABLES = ("service", "environment", "model")
"""Labels that boards over many traces have a variable for."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the collector's own pages, as a reader's browser finds them.

    Attributes:
        base: without a slash at the end.
    """

    base: str

    def board(self, rule: Rule, labels: Mapping[str, str], until_ns: TimeNs) -> str:
        """The panel that shows it, at that time; "" where none does."""
        if rule.shows is None:
            return ""
        chosen = {name: labels[name] for name in _VARIABLES if labels.get(name)}
        query = urlencode({**_range(rule, until_ns), **chosen})
        return f"{self.base}/boards/{quote(rule.shows.board, safe='')}?{query}"

    def traces(self, rule: Rule, labels: Mapping[str, str], until_ns: TimeNs) -> str:
        chosen = {_FILTERS[name]: text for name, text in labels.items() if name in _FILTERS and text}
        beside = dict(rule.cause.traces) if rule.cause else {}
        return f"{self.base}/traces?{urlencode({**_range(rule, until_ns), **chosen, **beside})}"

    def trace(self, trace_id: str) -> str:
        return f"{self.base}/traces/{quote(trace_id, safe='')}"

    def runbook(self, rule: str) -> str:
        return f"{self.base}/alerts/rules/{quote(rule, safe='')}"

    def alert(self, fingerprint: str) -> str:
        return f"{self.base}/alerts#{quote(fingerprint, safe='')}"


def annotations_of(
    rule: Rule, alert: Alert, until_ns: TimeNs, links: Links, reason: Why | None, budget: BudgetStatus | None
) -> dict[str, str]:
    """Texts beside an alert; what is not known is left out.

    Args:
        until_ns: the end of the time that the rule looked at.
        reason: why; None where it has no cause or could not be looked at.
        budget: where the alert's budget stands.
    """
    about = ", ".join(f"{name} {text}" for name, text in alert.labels.items() if text)
    said = {
        "summary": f"{rule.title}: {about}" if about else rule.title,
        "description": rule.description,
        "value": figure(alert.value, rule.unit),
        "threshold": f"{rule.bound} {figure(rule.threshold, rule.unit)}",
        "why": " ".join(_reasons(reason)) if reason else "",
        "budget": _budget(budget, reason) if budget else "",
        "board_url": links.board(rule, alert.labels, until_ns),
        "traces_url": links.traces(rule, alert.labels, until_ns) if rule.cause else "",
        "trace_url": links.trace(reason.worst_trace) if reason and reason.worst_trace else "",
        "runbook_url": links.runbook(rule.uid),
    }
    return {name: text for name, text in said.items() if text}


def message_of(rule: Rule | None, kept: KeptAlert, links: Links) -> AlertMessage:
    """What goes out.

    Args:
        rule: None where it is no more: an alert of it is over.
    """
    alert = kept.alert
    assert alert.starts_at_ns is not None
    return AlertMessage(
        project=alert.project,
        fingerprint=alert.fingerprint,
        status="firing" if alert.is_firing else "resolved",
        labels=labels_of(rule, kept),
        annotations=kept.annotations,
        starts_at_ns=alert.starts_at_ns,
        ends_at_ns=alert.ends_at_ns,
        generator_url=links.alert(alert.fingerprint),
    )


def heartbeat(began_at_ns: TimeNs, links: Links) -> AlertMessage:
    """An alert that always fires while rules are evaluated: who gets it can tell when it stays away.

    Its severity is ``none``: it goes to Alertmanager and to receivers that ask for that severity.
    """
    return AlertMessage(
        project=EVERY_PROJECT,
        fingerprint="heartbeat",
        status="firing",
        labels={"alertname": "TelltaleHeartbeat", "rule": "heartbeat", "severity": NO_SEVERITY},
        annotations={
            "summary": "Telltale evaluates its alert rules",
            "description": "This always fires. Be told when it stops: then nobody looks after your alerts.",
        },
        starts_at_ns=began_at_ns,
        ends_at_ns=None,
        generator_url=f"{links.base}/alerts",
    )


def labels_of(rule: Rule | None, kept: KeptAlert) -> dict[str, str]:
    """The labels that go out: the alert's own, and what it is called."""
    own = {name: text for name, text in kept.alert.labels.items() if text}
    named = {
        "alertname": rule.title if rule else kept.alert.rule,
        "rule": kept.alert.rule,
        "severity": kept.severity,
        "project": kept.alert.project,
    }
    return {**own, **named}


def _reasons(reason: Why) -> Iterator[str]:
    now, before = figure(reason.now, reason.unit), figure(reason.before, reason.unit)
    yield f"{now} in the last {period(reason.recent_s)}, {before} in the {period(reason.recent_s)} before."
    if reason.parts:
        of = "of the rise" if reason.rose else "of it"
        parts = "; ".join(f"{part.dimension} {part.value}: {part.share * 100:.0f} %" for part in reason.parts)
        yield f"Most {of}: {parts}."


def _budget(status: BudgetStatus, reason: Why | None) -> str:
    limit, left, spent = status.limit.usd, status.remaining.usd, status.spent.usd
    if limit is None or left is None:
        return ""
    said = f"{figure(float(spent or 0), 'currencyUSD')} of {figure(float(limit), 'currencyUSD')} are spent"
    if left <= 0:
        return f"{said}: nothing is left."
    rate = reason.now / reason.recent_s if reason else 0.0
    if rate <= 0:
        return f"{said}."
    return f"{said}; at this rate the rest lasts {period(float(left) / rate)}."


def _range(rule: Rule, until_ns: TimeNs) -> dict[str, str]:
    """The span of time to look at: what the alert is about, and as much before."""
    recent_s = rule.cause.recent_s if rule.cause else min(rule.window_s, 86_400)
    return {"from": _time(until_ns - 2 * recent_s * _SECOND_NS), "to": _time(until_ns + 60 * _SECOND_NS)}


def _time(time_ns: TimeNs) -> str:
    return datetime.fromtimestamp(max(0, time_ns) // _SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
