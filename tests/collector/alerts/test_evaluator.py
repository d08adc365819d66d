"""Rules on the engine, evaluation after evaluation: what is stored, said, and found again after a restart."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from evaluated_rules import BROKEN, FAILED, NOW, SECOND_NS, SILENT, Told, minute

from telltale_collector.alerts.evaluator import delay_s, next_due_ns
from telltale_dashboards.rule import Group


def test_an_alert_fires_says_why_and_is_over(told: Told) -> None:
    evaluator = told.evaluator(FAILED)
    traces = told.fail(3, NOW - 100 * SECOND_NS, **{"user.id": "u7", "error.type": "429"})
    evaluator.evaluate(evaluator.groups[0], minute(0))
    (message,) = told.messages(evaluator)
    assert message.status == "firing"
    assert message.labels == {
        "alertname": "Calls fail",
        "rule": "failed",
        "severity": "page",
        "project": told.project,
        "service": "bot",
    }
    said = message.annotations
    assert said["summary"] == "Calls fail: service bot"
    assert (said["value"], said["threshold"]) == ("3", "above 2")
    assert said["why"].startswith("3 in the last 5 min, 0 in the 5 min before. Most of it:")
    assert "user u7: 100 %" in said["why"]
    assert said["trace_url"].rpartition("/")[2] in traces
    assert "service=bot" in said["traces_url"]
    assert "status=error" in said["traces_url"]
    assert said["board_url"].startswith("http://telltale/boards/telltale-overview?from=")
    assert said["runbook_url"] == "http://telltale/alerts/rules/failed"
    evaluator.evaluate(evaluator.groups[0], minute(10))
    evaluator.evaluate(evaluator.groups[0], minute(11))
    (message,) = told.messages(evaluator)
    assert (message.status, message.ends_at_ns, message.starts_at_ns) == ("resolved", minute(10), minute(0))
    assert told.wakes == 2
    evaluator.evaluate(evaluator.groups[0], minute(25 * 60))
    assert told.messages(evaluator) == []
    (over,) = told.alerts.history(told.project, minute(-60), minute(60))
    assert (over.alert.starts_at_ns, over.alert.ends_at_ns) == (minute(0), minute(10))


def test_what_explains_a_rise_is_what_was_not_there_before(told: Told) -> None:
    told.fail(4, NOW - 400 * SECOND_NS, **{"user.id": "always"})
    told.fail(4, NOW - 100 * SECOND_NS, **{"user.id": "always"})
    told.fail(8, NOW - 90 * SECOND_NS, **{"user.id": "new"})
    evaluator = told.evaluator(FAILED)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    (message,) = told.messages(evaluator)
    assert "12 in the last 5 min, 4 in the 5 min before. Most of the rise:" in message.annotations["why"]
    assert "user new: 100 %" in message.annotations["why"]


def test_a_restart_goes_on_where_it_was(told: Told) -> None:
    waiting = replace(FAILED, for_s=120)
    told.fail(3, NOW - 100 * SECOND_NS)
    first = told.evaluator(waiting)
    first.evaluate(first.groups[0], minute(0))
    assert [alert.state for alert in told.alerts_kept(first)] == ["pending"]
    assert told.messages(first) == []
    second = told.evaluator(waiting)
    second.evaluate(second.groups[0], minute(2))
    (fired,) = told.messages(second)
    third = told.evaluator(waiting)
    third.evaluate(third.groups[0], minute(3))
    assert [(m.status, m.starts_at_ns, m.annotations["why"]) for m in told.messages(third)] == [
        ("firing", fired.starts_at_ns, fired.annotations["why"])
    ]
    fourth = told.evaluator(waiting)
    fourth.evaluate(fourth.groups[0], minute(30))
    assert [(m.status, m.ends_at_ns) for m in told.messages(fourth)] == [("resolved", minute(30))]
    fifth = told.evaluator(waiting)
    fifth.evaluate(fifth.groups[0], minute(31))
    assert [(m.status, m.ends_at_ns) for m in told.messages(fifth)] == [("resolved", minute(30))]


def test_a_pending_alert_whose_row_went_is_forgotten_by_the_store_too(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    first = told.evaluator(replace(FAILED, for_s=600))
    first.evaluate(first.groups[0], minute(0))
    first.evaluate(first.groups[0], minute(20))
    second = told.evaluator(replace(FAILED, for_s=600))
    second.evaluate(second.groups[0], minute(21))
    assert told.alerts_kept(second) == []


def test_an_alert_of_a_rule_that_is_switched_off_ends(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    first = told.evaluator(FAILED)
    first.evaluate(first.groups[0], minute(0))
    second = told.evaluator(replace(FAILED, is_on=False))
    second.evaluate(second.groups[0], minute(1))
    assert [message.status for message in told.messages(second)] == ["resolved"]


def test_a_rule_that_cannot_be_evaluated_is_counted_and_holds_up_no_other(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    evaluator = told.evaluator(BROKEN, FAILED, SILENT)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    assert [message.labels["rule"] for message in told.messages(evaluator)] == ["failed"]
    assert "nonsense" in evaluator.health("broken").error
    assert evaluator.health("failed").error == ""
    assert evaluator.health("failed").evaluated_at_ns == minute(0)
    assert 'telltale_alert_evaluation_failures_total{rule="broken"} 1.0' in told.telemetry.exposition().decode()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT 'a' AS service, 1. AS x, 2. AS y", "exactly one number"),
        ("SELECT 'a' AS service", "exactly one number"),
        ("SELECT now() AS time, 1. AS x", "exactly one number"),
        ("SELECT 'a' AS severity, 1. AS x", "already"),
        ("SELECT 'a' AS service, 1 / 0 AS x", "not a number"),
        ("SELECT 'a' AS service, CAST(NULL AS Nullable(Float64)) AS x", "NULL"),
        ("SELECT 'a' AS service, 1. AS x FROM numbers(2)", "same labels"),
        ("SELECT toString(number) AS n, 1. AS x FROM numbers(1001)", "LIMIT"),
        ("INSERT INTO spans (project) VALUES ('x')", "readonly"),
    ],
)
def test_rows_that_are_not_a_rules_rows_are_an_error_that_says_what_to_change(told: Told, sql: str, says: str) -> None:
    evaluator = told.evaluator(replace(FAILED, sql=sql))
    evaluator.evaluate(evaluator.groups[0], minute(0))
    assert says in evaluator.health("failed").error
    assert told.messages(evaluator) == []


def test_groups_of_one_interval_are_evaluated_at_different_moments_each_on_its_grid() -> None:
    groups = [Group(name=name, title="", description="", rules=(), interval_s=60) for name in "abcdefgh"]
    due = [next_due_ns(group, NOW) for group in groups]
    assert all(NOW < at <= NOW + 60 * SECOND_NS for at in due)
    assert len({at % (60 * SECOND_NS) for at in due}) > 4
    assert [next_due_ns(group, at) for group, at in zip(groups, due, strict=True)] == [
        at + 60 * SECOND_NS for at in due
    ]


def test_the_newest_spans_have_half_a_minute_to_come_or_half_the_interval() -> None:
    seconds: Callable[[int], int] = lambda interval: delay_s(  # noqa: E731
        Group(name="g", title="", description="", rules=(), interval_s=interval)
    )
    assert [seconds(10), seconds(60), seconds(300)] == [5, 30, 30]
