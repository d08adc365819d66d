"""Rules as Grafana takes them: whole, of its own keys, safe in files, and linked to panels that are there."""

import json
import re

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import alerting

from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.grafana import SOURCE_UID
from telltale_dashboards.grafana_alerts import group_json, group_yaml
from telltale_dashboards.grafana_sql import alert_sql
from telltale_dashboards.layout import panel_id
from telltale_dashboards.rule import Group

GROUPS = [pytest.param(group, id=group.name) for group in groups()]
STATES = {"noDataState": {"OK", "Alerting", "KeepLast"}, "execErrState": {"KeepLast"}}
EVERY_GROUP = pytest.mark.parametrize("group", GROUPS)


def paths_of(value: object, at: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in paths_of(inner, f"{at}.{key}")}
    if isinstance(value, list):
        return {path for number, inner in enumerate(value) for path in paths_of(inner, f"{at}[{number}]")}
    return {f"{at} = {value!r}"}


def texts_outside_of_queries(value: object) -> list[str]:
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if key != "model"}
        return [text for inner in kept.values() for text in texts_outside_of_queries(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_outside_of_queries(inner)]
    return [value] if isinstance(value, str) else []


@EVERY_GROUP
def test_grafanas_own_models_know_every_key(group: Group) -> None:
    """A misspelt key would be lost on the way through the SDK's models; queries of ClickHouse are not among these."""
    register_default_plugins()
    found = group_json(group)
    for rule in found["rules"]:
        rule["data"][0]["model"] = {"type": "threshold", "refId": "A"}
    again = json.loads(json.dumps(alerting.RuleGroup.from_json(json.loads(json.dumps(found))), cls=JSONEncoder))
    assert paths_of(found) - paths_of(again) == set()


@EVERY_GROUP
def test_a_rule_is_one_query_and_one_threshold_evaluated_late(group: Group) -> None:
    for rule, made in zip(group.rules, group_json(group)["rules"], strict=True):
        query, threshold = made["data"]
        assert (query["refId"], query["datasourceUid"], query["model"]["format"]) == ("A", SOURCE_UID, 1)
        assert query["relativeTimeRange"] == {"from": rule.window_s + 30, "to": 30}
        assert query["model"]["datasource"]["uid"] == SOURCE_UID
        evaluator = threshold["model"]["conditions"][0]["evaluator"]
        assert evaluator == {"type": "gt" if rule.bound == "above" else "lt", "params": [rule.threshold]}
        assert (made["condition"], threshold["refId"], threshold["model"]["expression"]) == ("B", "B", "A")
        assert (made["for"], made["keep_firing_for"]) == (f"{rule.for_s}s", f"{rule.keep_firing_for_s}s")
        for name, allowed in STATES.items():
            assert made[name] in allowed
        assert made["labels"] == {"rule": rule.uid, "severity": rule.severity, "project": "default"}
        assert len(made["uid"]) <= 40


@EVERY_GROUP
def test_files_have_a_shape_of_their_own_and_say_the_same(group: Group) -> None:
    content = yaml.safe_load(group_yaml(group))
    assert set(content) == {"apiVersion", "groups"}
    (found,) = content["groups"]
    assert (found["name"], found["folder"], found["interval"]) == (group.name, "Telltale", f"{group.interval_s}s")
    for api, file in zip(group_json(group)["rules"], found["rules"], strict=True):
        assert file["data"] == api["data"]
        assert file["keepFiringFor"] == api["keep_firing_for"]
        assert file["panelId"] == int(api["annotations"]["__panelId__"])
        assert not [name for name in file["annotations"] if name.startswith("__")]
    assert group_yaml(group) == group_yaml(group)


@EVERY_GROUP
def test_no_dollar_sign_stands_where_grafana_reads_its_environment(group: Group) -> None:
    texts = texts_outside_of_queries(yaml.safe_load(group_yaml(group)))
    assert texts
    assert not [text for text in texts if "$" in text]


@EVERY_GROUP
def test_queries_use_macros_that_old_data_sources_know(group: Group) -> None:
    for rule in group.rules:
        sql = alert_sql(rule.sql, "default")
        assert set(re.findall(r"\$\w+", sql)) <= {"$__fromTime_ms", "$__toTime_ms"}
        assert "?" not in sql, "the data source's driver would take it for a parameter"
        assert "project = 'default'" in sql


@EVERY_GROUP
def test_links_lead_to_the_panel_by_its_number(group: Group) -> None:
    known = {(board.uid, panel_id(panel.title)) for board in boards() for panel in board.panels}
    for made in group_json(group)["rules"]:
        annotations = made["annotations"]
        assert (annotations["__dashboardUid__"], int(annotations["__panelId__"])) in known
        assert annotations["runbook_url"].endswith(f"/alerts/rules/{made['labels']['rule']}")


def test_titles_and_uids_are_not_used_twice_in_the_folder() -> None:
    made = [rule for group in groups() for rule in group_json(group)["rules"]]
    for name in ("title", "uid"):
        assert len({rule[name] for rule in made}) == len(made)


def test_a_project_is_a_literal_that_cannot_end_early() -> None:
    sql = alert_sql("SELECT 1 WHERE project = {project:String}", "a' OR $__fromTime_ms {x:String}\\")
    assert sql == ("SELECT 1\nWHERE project = 'a\\x27\\x20OR\\x20\\x24__fromTime_ms\\x20\\x7Bx\\x3AString\\x7D\\x5C'")


@pytest.mark.parametrize("parameter", ["{service:String}", "{limit:UInt32}"])
def test_a_rule_that_asks_for_a_variable_is_refused(parameter: str) -> None:
    with pytest.raises(ValueError, match=r"no variables|no words"):
        alert_sql(f"SELECT {parameter}", "default")
