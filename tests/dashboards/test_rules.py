"""What holds for every rule, whatever it finds."""

import re

import pytest

from telltale_dashboards.alerts import groups
from telltale_dashboards.alerts.errors import ERROR_BUDGET
from telltale_dashboards.alerts.latency import SLOW_BUDGET
from telltale_dashboards.boards import boards
from telltale_dashboards.rule import Group, Rule

RULES = {rule.uid: rule for group in groups() for rule in group.rules}
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
EVERY_GROUP = pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
DAY = 86_400


def test_rules_and_groups_are_told_apart_by_their_names() -> None:
    names = [group.name for group in groups()]
    uids = [rule.uid for group in groups() for rule in group.rules]
    titles = [rule.title for rule in RULES.values()]
    for each in (names, uids, titles):
        assert len(set(each)) == len(each)


@EVERY_GROUP
def test_a_group_says_what_it_is_about_and_is_evaluated_when_grafana_can(group: Group) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", group.name)
    assert group.title
    assert group.description.endswith(".")
    assert group.interval_s % 10 == 0
    assert group.interval_s > 0
    assert group.rules


@EVERY_RULE
def test_a_rule_says_what_is_wrong_what_it_means_and_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]{2,30}", rule.uid)
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 60
    assert rule.description.endswith((".", "?"))
    assert 80 < len(rule.description) < 320
    assert "$" not in rule.title + rule.description
    assert "{{" not in rule.title + rule.description


@EVERY_RULE
def test_a_rule_looks_at_one_project_within_its_window(rule: Rule) -> None:
    assert "{project:String}" in rule.sql
    assert "{to_time:Int64}" in rule.sql
    assert set(re.findall(r"\{(\w+):", rule.sql)) <= {"project", "from_time", "to_time"}
    assert re.match(r"SELECT (\w+ AS \w+, )*found AS value FROM", rule.sql)
    assert len(
        re.findall(r"FROM (spans|scores|budgets|ledger|dead_letters|usage_minutes|rolled_hours)\b", rule.sql)
    ) <= (rule.sql.count("project = {project:String}"))


@EVERY_RULE
def test_what_wakes_somebody_or_shows_something_leads_to_a_panel(rule: Rule) -> None:
    known = {(board.uid, panel.title) for board in boards() for panel in board.panels}
    assert rule.severity != "page" or rule.shows is not None
    assert rule.shows is None or (rule.shows.board, rule.shows.panel) in known


@pytest.mark.parametrize(
    ("uid", "budget"),
    [
        ("error-burn-1h", ERROR_BUDGET),
        ("error-burn-6h", ERROR_BUDGET),
        ("error-burn-3d", ERROR_BUDGET),
        ("ttft-burn-1h", SLOW_BUDGET),
        ("latency-burn-6h", SLOW_BUDGET),
    ],
)
def test_a_burn_rate_can_be_reached(uid: str, budget: float) -> None:
    """Where everything fails the budget burns at 1 / budget, and no faster."""
    assert RULES[uid].threshold < 1 / budget


def test_what_looks_far_back_is_asked_less_often() -> None:
    for group in groups():
        for rule in group.rules:
            if rule.window_s >= 2 * DAY:
                assert group.interval_s >= 300, rule.uid


@pytest.mark.parametrize(("bound", "value", "bad"), [("above", 2, True), ("above", 1, False), ("below", 0.5, True)])
def test_the_threshold_itself_is_not_bad(bound: str, value: float, bad: bool) -> None:
    given = {"uid": "u", "title": "t", "severity": "info", "description": "d", "sql": "", "unit": "none"}
    rule = Rule(**given, window_s=1, threshold=1, bound=bound)
    assert rule.is_bad(value) is bad
    assert rule.is_bad(1) is False
