"""Groups of rules as Grafana's alert rules: for its API, and as files for its provisioning, which have another shape.

Grafana evaluates the same SQL with the same thresholds as the collector does, as late as it: values are the same. Texts
hold no dollar sign outside of queries, since Grafana would read a variable of its environment there.
"""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting, expr
from grafana_foundation_sdk.models.common import DataSourceRef

from telltale_dashboards.grafana import PLUGIN, SOURCE_UID, TELLTALE_URL, ClickHouseQuery
from telltale_dashboards.grafana_sql import alert_sql
from telltale_dashboards.layout import panel_id
from telltale_dashboards.panel import Unit
from telltale_dashboards.rule import Bound, Group, Rule, WithoutData

FOLDER_UID = "telltale"
FOLDER_TITLE = "Telltale"
INGEST_DELAY_S = 30
"""How late rules look: most spans of a moment have come by then."""

DEFAULT_PROJECT = "default"
_TABLE_FORMAT = 1
_EXPRESSIONS = "__expr__"
_EVALUATORS: dict[Bound, Any] = {"above": "gt", "below": "lt"}
_NO_DATA: dict[WithoutData, Any] = {"ok": "OK", "alerting": "Alerting", "keep_last": "KeepLast"}
_VALUE = ".Values.A.Value"
_TEMPLATES: dict[Unit, str] = {
    "percentunit": f"{{{{ humanizePercentage {_VALUE} }}}}",
    "currencyUSD": f'{{{{ printf "%.2f" {_VALUE} }}}} USD',
    "s": f"{{{{ humanizeDuration {_VALUE} }}}}",
}
_TEMPLATE = f"{{{{ humanize {_VALUE} }}}}"


def group_json(group: Group, project: str = DEFAULT_PROJECT, telltale_url: str = TELLTALE_URL) -> dict[str, Any]:
    """A group as ``PUT /api/v1/provisioning/folder/{folder}/rule-groups/{group}`` takes it."""
    model = alerting.RuleGroup(
        title=group_title(group, project),
        folder_uid=FOLDER_UID,
        interval=group.interval_s,
        rules=[_rule(rule, group, project, telltale_url) for rule in group.rules],
    )
    read: dict[str, Any] = json.loads(json.dumps(model, cls=JSONEncoder))
    return read


def group_title(group: Group, project: str) -> str:
    """A group's name in Grafana, by which it is replaced: one for each project."""
    return group.name if project == DEFAULT_PROJECT else f"{group.name} ({project})"


def rule_uid(rule: Rule, project: str) -> str:
    """At most 40 characters, one for each rule and project."""
    of_project = "" if project == DEFAULT_PROJECT else f"{crc32(project.encode()):08x}-"
    return f"telltale-{of_project}{rule.uid}"


def group_yaml(group: Group, project: str = DEFAULT_PROJECT, telltale_url: str = TELLTALE_URL) -> str:
    """A group as a file for ``provisioning/alerting``, always the same for the same group."""
    found = group_json(group, project, telltale_url)
    content = {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": found["title"],
                "folder": FOLDER_TITLE,
                "interval": f"{group.interval_s}s",
                "rules": [_provisioned(rule) for rule in found["rules"]],
            }
        ],
    }
    head = f"# {group.title}. Written by telltale dashboards build: change the rules, not this file.\n"
    return head + yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _rule(rule: Rule, group: Group, project: str, telltale_url: str) -> alerting.Rule:
    return alerting.Rule(
        uid=rule_uid(rule, project),
        title=rule.title,
        rule_group=group_title(group, project),
        folder_uid=FOLDER_UID,
        org_id=1,
        condition="B",
        data=[_query(rule, project), _threshold(rule)],
        for_val=f"{rule.for_s}s",
        keep_firing_for=f"{rule.keep_firing_for_s}s",
        no_data_state=_NO_DATA[rule.no_data],
        exec_err_state="KeepLast",
        is_paused=not rule.is_on,
        labels={"rule": rule.uid, "severity": rule.severity, "project": project},
        annotations=_annotations(rule, telltale_url),
    )


def _query(rule: Rule, project: str) -> alerting.Query:
    source = DataSourceRef(type_val=PLUGIN, uid=SOURCE_UID)
    return alerting.Query(
        ref_id="A",
        datasource_uid=SOURCE_UID,
        relative_time_range=alerting.RelativeTimeRange(from_val=rule.window_s + INGEST_DELAY_S, to=INGEST_DELAY_S),
        model=ClickHouseQuery("A", alert_sql(rule.sql, project), _TABLE_FORMAT, "table", source),
    )


def _threshold(rule: Rule) -> alerting.Query:
    evaluator = expr.ExprTypeThresholdConditionsEvaluator(params=[rule.threshold], type_val=_EVALUATORS[rule.bound])
    return alerting.Query(
        ref_id="B",
        datasource_uid=_EXPRESSIONS,
        relative_time_range=alerting.RelativeTimeRange(from_val=0, to=0),
        model=expr.TypeThreshold(
            ref_id="B",
            expression="A",
            datasource=DataSourceRef(type_val=_EXPRESSIONS, uid=_EXPRESSIONS),
            conditions=[expr.ExprTypeThresholdConditions(evaluator=evaluator)],
        ),
    )


def _annotations(rule: Rule, telltale_url: str) -> dict[str, str]:
    labels = rule.cause.labels if rule.cause else ()
    about = " ".join(f"{{{{ .Labels.{name} }}}}" for name in labels)
    found = {
        "summary": f"{rule.title}: {about}" if about else rule.title,
        "description": rule.description,
        "value": _TEMPLATES.get(rule.unit, _TEMPLATE),
        "threshold": f"{rule.bound} {rule.threshold:g}",
        "runbook_url": f"{telltale_url.rstrip('/')}/alerts/rules/{rule.uid}",
    }
    if rule.shows is not None:
        found["__dashboardUid__"] = rule.shows.board
        found["__panelId__"] = str(panel_id(rule.shows.panel))
    return found


# --- files ----------------------------------------------------------------------------------------------------------


def _provisioned(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of the API as files have it: other names, and the panel beside the annotations."""
    annotations = {name: text for name, text in rule["annotations"].items() if not name.startswith("__")}
    same = {name: rule[name] for name in ("uid", "title", "condition", "data", "noDataState", "execErrState", "for")}
    found = same | {"keepFiringFor": rule["keep_firing_for"], "isPaused": rule["isPaused"]}
    if "__dashboardUid__" in rule["annotations"]:
        found["dashboardUid"] = rule["annotations"]["__dashboardUid__"]
        found["panelId"] = int(rule["annotations"]["__panelId__"])
    return found | {"annotations": annotations, "labels": rule["labels"]}


class _Dumper(yaml.SafeDumper):
    """SQL stands in lines, so that a changed condition is a changed line."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
