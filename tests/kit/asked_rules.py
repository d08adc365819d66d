"""Alert rules, asked on the real engine as the collector asks them."""

import math

import pytest
from alert_traffic import SECOND

from telltale_collector.store.client import Client
from telltale_dashboards.alerts import groups
from telltale_dashboards.rule import Rule

RULES = {rule.uid: rule for group in groups() for rule in group.rules}
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
SETTINGS = ({}, {"prefer_column_name_to_alias": 1})
"""As Grafana asks, and as the collector does."""


def ask(client: Client, project: str, rule: Rule, at: int, settings: dict | None = None) -> list[dict]:
    given = {"project": project, "from_time": at - rule.window_s * SECOND, "to_time": at}
    rows = client.query(rule.sql, given, settings or {})
    assert all(math.isfinite(row["value"]) for row in rows)
    labels = [tuple(text for name, text in row.items() if name != "value") for row in rows]
    assert len(set(labels)) == len(labels)
    return rows


def bad(client: Client, project: str, rule: Rule, at: int) -> list[dict]:
    return [row for row in ask(client, project, rule, at) if rule.is_bad(row["value"])]


def firing(client: Client, project: str, at: int) -> set[str]:
    """Rules that find something bad; those with the same SQL are asked once."""
    rows = {rule.sql: rule for rule in RULES.values()}
    found = {sql: ask(client, project, rule, at) for sql, rule in rows.items()}
    return {uid for uid, rule in RULES.items() if any(rule.is_bad(row["value"]) for row in found[rule.sql])}
