"""The table ``alert_changes``: how alerts stand and how they came there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telltale_collector.model import Alert, TimeNs
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """An alert, how bad its rule was, and what was said when it changed."""

    alert: Alert
    severity: str
    annotations: Mapping[str, str]


class Alerts:
    """Alerts of all projects."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader
        self._newest_ns: TimeNs = 0

    def projects(self) -> list[str]:
        """Projects that anything ever came for."""
        return [row["project"] for row in self._reader.run("projects")]

    def now(self, over_after_ns: TimeNs) -> list[KeptAlert]:
        """How all alerts stand: those that are not over, and each time that one was over after that time."""
        (newest,) = self._reader.run("alerts_newest")
        self._newest_ns = max(self._newest_ns, newest["newest"])
        return [_kept(row) for row in self._reader.run("alerts_now", over_after=over_after_ns)]

    def history(
        self, project: str, from_ns: TimeNs, to_ns: TimeNs, *, rule: str = "", limit: int = 500
    ) -> list[KeptAlert]:
        """Alerts that fired at some time of a range, each firing once, the newest first."""
        times = {"from_time": from_ns, "to_time": to_ns}
        rows = self._reader.run("alerts_history", project=project, rule=rule, limit=limit, **times)
        return [_kept(row) for row in rows]

    def save(self, changed: Sequence[KeptAlert], at_ns: TimeNs) -> None:
        """Remember how alerts changed at one time, all or none; durable when it returns. Again adds nothing.

        Raises:
            StoreError: to be tried again.
        """
        if changed:
            # the newest row is how an alert stands, also after the clock was set back
            written_ns = max(at_ns, self._newest_ns + 1)
            columns = alert_columns(changed, written_ns)
            told = "\n".join(f"{kept.alert.fingerprint} {kept.alert.state}" for kept in changed)
            digest = hashlib.sha256(told.encode()).hexdigest()[:16]
            self._client.insert("alert_changes", columns, f"alerts-{at_ns}-{digest}")
            self._newest_ns = max(self._newest_ns, written_ns)


def alert_columns(changed: Sequence[KeptAlert], at_ns: TimeNs) -> dict[str, list[Any]]:
    """Columns of the table ``alert_changes``."""
    alerts = [kept.alert for kept in changed]
    return {
        "project": [alert.project for alert in alerts],
        "fingerprint": [alert.fingerprint for alert in alerts],
        "rule": [alert.rule for alert in alerts],
        "severity": [kept.severity for kept in changed],
        "labels": [dict(alert.labels) for alert in alerts],
        "state": [alert.state for alert in alerts],
        "value": [alert.value for alert in alerts],
        "active_at": [alert.active_at_ns for alert in alerts],
        "since": [alert.since_ns for alert in alerts],
        "starts_at": [alert.starts_at_ns for alert in alerts],
        "ends_at": [alert.ends_at_ns for alert in alerts],
        "seen_at": [alert.seen_at_ns for alert in alerts],
        "annotations": [dict(kept.annotations) for kept in changed],
        "changed_at": [at_ns] * len(alerts),
    }


def _kept(row: Mapping[str, Any]) -> KeptAlert:
    alert = Alert(
        project=row["project"],
        fingerprint=row["fingerprint"],
        rule=row["rule"],
        labels=row["labels"],
        state=row["state"],
        value=row["value"],
        active_at_ns=row["active_at"],
        since_ns=row["since"],
        starts_at_ns=row["starts_at"],
        ends_at_ns=row["ends_at"],
        seen_at_ns=row["seen_at"],
    )
    return KeptAlert(alert, row["severity"], row["annotations"])
