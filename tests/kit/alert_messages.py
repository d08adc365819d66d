"""Alerts as the evaluator hands them over."""

import time
from dataclasses import replace

from telltale_collector.model import AlertMessage, Receiver

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
NOW = time.time_ns() // SECOND * SECOND
"""The store forgets what is a month old."""


def firing(
    rule: str = "cost", fingerprint: str = "", *, project: str = "p", at: int = NOW, **labels: str
) -> AlertMessage:
    """One that began at ``at``; its identity follows from what it is about."""
    labels = {"alertname": f"{rule} is bad", "rule": rule, "severity": "page", "project": project, **labels}
    return AlertMessage(
        project=project,
        fingerprint=fingerprint or f"{rule}-{labels.get('user', '')}",
        status="firing",
        labels=labels,
        annotations={
            "summary": f"{rule} went up",
            "description": "It went up, and stays there.",
            "why": "user u7: 80 %",
            "value": "12.5",
            "threshold": "10",
            "board_url": "http://127.0.0.1:4318/boards/cost?from=1&to=2",
            "runbook_url": "http://127.0.0.1:4318/runbook#cost",
        },
        starts_at_ns=at,
        ends_at_ns=None,
        generator_url=f"http://127.0.0.1:4318/alerts/{rule}",
    )


def over(message: AlertMessage, at: int | None = None) -> AlertMessage:
    """The same, once it is over."""
    return replace(message, status="resolved", ends_at_ns=message.starts_at_ns + 60 * SECOND if at is None else at)


def receiver(address: str = "https://hooks.example.com/x", **given: object) -> Receiver:
    """A webhook of the project ``p``."""
    return Receiver(**({"project": "p", "name": "hook", "channel": "webhook", "address": address} | given))
