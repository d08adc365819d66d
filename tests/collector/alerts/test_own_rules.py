"""The user's file of alert rules: what it may say, and what is said where it is wrong."""

from dataclasses import fields
from inspect import cleandoc
from pathlib import Path

import pytest
import yaml

from telltale_collector.alerts import own_rules
from telltale_collector.alerts.own_rules import load_rules, own_groups
from telltale_collector.alerts.rule_fields import _FIELDS
from telltale_collector.errors import StartError
from telltale_dashboards.alerts import groups
from telltale_dashboards.rule import Rule, Shows

SQL = "SELECT count() AS calls FROM spans WHERE project = {project:String} AND start_time < {to_time:Int64}"
RULE = {"uid": "mine", "title": "Mine", "severity": "info", "description": "Mine.", "sql": SQL, "unit": "short"}
RULE |= {"window": "15m", "threshold": 1}


@pytest.fixture
def write(tmp_path: Path):
    def run(content: object) -> Path:
        path = tmp_path / "rules.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    return run


def with_rule(**changes: object) -> dict:
    return {"groups": [{"name": "ours", "rules": [RULE | changes]}]}


def rule_of(path: Path, uid: str) -> Rule:
    (rule,) = (rule for group in load_rules(path) for rule in group.rules if rule.uid == uid)
    return rule


def test_without_a_file_the_rules_are_the_built_in_ones() -> None:
    assert load_rules(None) == groups()


def test_the_example_of_the_documentation_is_one(write) -> None:
    example = cleandoc(own_rules.__doc__.split("\n\n", 1)[1].rsplit("\n\n", 1)[0])
    found = load_rules(write(example))
    assert found[-1].name == "checkout"
    assert found[-1].interval_s == 60
    (rule,) = found[-1].rules
    assert (rule.window_s, rule.for_s, rule.keep_firing_for_s, rule.threshold) == (900, 300, 600, 8e9)
    assert rule.shows == Shows("telltale-latency", "Latency")
    changed = {rule.uid: rule for group in found for rule in group.rules}
    assert (changed["agent-loop"].threshold, changed["agent-loop"].severity) == (80, "ticket")
    assert changed["user-abuse"].is_on is False


def test_an_own_group_comes_after_the_built_in_ones(write) -> None:
    found = load_rules(write(with_rule()))
    assert found[:-1] == groups()
    assert (found[-1].name, found[-1].title, found[-1].interval_s) == ("ours", "ours", 60)


def test_a_change_leaves_everything_else_as_it_was(write) -> None:
    path = write({"change": [{"uid": "rate-limited", "threshold": 0.2, "for": "1h"}]})
    before = rule_of(None, "rate-limited")
    after = rule_of(path, "rate-limited")
    assert (after.threshold, after.for_s) == (0.2, 3600)
    same = {field.name for field in fields(Rule)} - {"threshold", "for_s"}
    assert all(getattr(before, name) == getattr(after, name) for name in same)
    others = [rule for group in load_rules(path) for rule in group.rules if rule.uid != "rate-limited"]
    assert others == [rule for group in groups() for rule in group.rules if rule.uid != "rate-limited"]


def test_own_groups_are_those_of_the_file_and_what_it_changes(write) -> None:
    path = write(with_rule() | {"change": [{"uid": "rate-limited", "threshold": 0.2}]})
    assert [(group.name, [rule.uid for rule in group.rules]) for group in own_groups(path)] == [
        ("limits", ["rate-limited"]),
        ("ours", ["mine"]),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("6h", 21_600), ("3d", 259_200)]
)
def test_times_are_written_as_people_do(write, text: object, seconds: int) -> None:
    assert rule_of(write(with_rule(window=text)), "mine").window_s == seconds


def test_every_field_of_a_rule_can_be_written() -> None:
    for kind, readers in _FIELDS.items():
        assert list(readers) == [field.name for field in fields(kind)]


def test_a_cause_is_written_like_the_rest(write) -> None:
    cause = {
        "rows": "spans WHERE true",
        "weight": "1",
        "unit": "short",
        "recent": "1h",
        "dimensions": {"model": "request_model"},
    }
    found = rule_of(write(with_rule(cause=cause)), "mine").cause
    assert (found.recent_s, found.dimensions) == (3600, {"model": "request_model"})


def without(*names: str) -> dict:
    return {"groups": [{"name": "ours", "rules": [{key: RULE[key] for key in RULE if key not in names}]}]}


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("a: [", "is not YAML", ""),
        ("- rules", "is no file of alert rules", "lists 'groups' and 'change'"),
        ({"rules": []}, "is no file of alert rules", "lists 'groups' and 'change'"),
        ({"groups": {"name": "x"}}, "'groups' is not a list", "begin each entry"),
        ({"groups": ["x"]}, "group 1 is not a mapping", "name: ..."),
        ({"groups": [{"name": "x"}]}, "group 'x' has no 'rules'", "needed are name"),
        ({"groups": [{"name": "x", "rules": []}]}, "group 'x', field rules", "list of rules"),
        ({"groups": [{"name": "No", "rules": [RULE]}]}, "field name: 'No'", "a-z"),
        (with_rule(treshold=3), "group 'ours', rule 'mine' has an unknown field 'treshold'", "known are uid"),
        (without("sql"), "rule 'mine' has no 'sql'", "needed are uid"),
        (with_rule(window_s=3), "has both 'window' and 'window_s'", "leave one out"),
        (with_rule(window="soon"), "field window: 'soon'", "5m"),
        (with_rule(window=0), "field window: '0'", "longer than nothing"),
        (with_rule(threshold="much"), "field threshold: 'much'", "0.05"),
        (with_rule(threshold=float("nan")), "field threshold", "0.05"),
        (with_rule(threshold=True), "field threshold", "0.05"),
        (with_rule(severity="urgent"), "field severity: 'urgent'", "page, ticket, info"),
        (with_rule(severity=["page"]), "field severity", "page, ticket, info"),
        (with_rule(unit="usd"), "field unit: 'usd'", "currencyUSD"),
        (with_rule(bound="over"), "field bound: 'over'", "above, below"),
        (with_rule(no_data="NoData"), "field no_data", "ok, alerting, keep_last"),
        (with_rule(is_on="yes please"), "field is_on", "true or false"),
        (with_rule(uid="Mine!"), "field uid: 'Mine!'", "a-z"),
        (with_rule(title=" "), "field title", "a text"),
        (with_rule(sql="SELECT 1"), "does not say {project:String}", "one project"),
        (with_rule(sql=SQL + " {service:String}"), "'{service:String}' is not allowed", "there are {from_time:Int64}"),
        (with_rule(shows={"board": "mine", "panel": "x"}), "field shows: 'mine'", "telltale-cost"),
        (with_rule(shows={"board": "telltale-cost", "panel": "x"}), "field shows: 'x'", "Cost by model"),
        (with_rule(shows={"board": "telltale-cost"}), "field shows has no 'panel'", "needed are board"),
        (with_rule(cause={"rows": "x", "why": "y"}), "field cause has an unknown field 'why'", "known are rows"),
        (with_rule(uid="agent-loop"), "the name 'agent-loop' of a rule is used twice", "under 'change'"),
        ({"groups": [{"name": "cost", "rules": [RULE]}]}, "the name 'cost' of a group is used twice", "under 'change'"),
        ({"groups": [{"name": "x", "interval": 15, "rules": [RULE]}]}, "field interval: '15'", "multiple of 10"),
        ({"change": [{"uid": "no-such", "threshold": 1}]}, "change 'no-such' is of no built-in rule", "alerts list"),
        ({"change": [{"threshold": 1}]}, "change 1 is of no built-in rule", "alerts list"),
        (
            {"change": [{"uid": "agent-loop", "limit": 1}]},
            "change 'agent-loop' has an unknown field 'limit'",
            "known are",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_to_write(
    write, content: object, message: str, hint: str
) -> None:
    path = write(content)
    with pytest.raises(StartError) as error:
        load_rules(path)
    assert message in error.value.message
    assert str(path) in error.value.message
    assert hint in error.value.hint
    with pytest.raises(StartError):
        own_groups(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"nothing\.yaml cannot be read: No such file"):
        load_rules(tmp_path / "nothing.yaml")
