"""Alerts when something goes wrong: restarts, clocks, lost answers, rules that raise, many at once."""

import time
from dataclasses import replace

import otlp
import pytest
from evaluated_rules import BROKEN, FAILED, NOW, SECOND_NS, SILENT, Told, minute

from telltale_collector.alerts.evaluator import Evaluator
from telltale_collector.alerts.message import Links
from telltale_collector.errors import StoreError
from telltale_dashboards.alerts.errors import error_cause


def test_each_time_that_an_alert_was_over_is_said_also_while_it_fires_again_and_after_a_restart(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    evaluator = told.evaluator(FAILED)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    evaluator.evaluate(evaluator.groups[0], minute(10))
    told.fail(3, minute(18))
    evaluator.evaluate(evaluator.groups[0], minute(20))
    expected = [("firing", minute(20), None), ("resolved", minute(0), minute(10))]
    assert [(m.status, m.starts_at_ns, m.ends_at_ns) for m in told.messages(evaluator)] == expected
    again = told.evaluator(FAILED)
    again.evaluate(again.groups[0], minute(21))
    assert [(m.status, m.starts_at_ns, m.ends_at_ns) for m in told.messages(again)] == expected


def test_how_an_alert_stands_is_what_was_written_last_also_after_the_clock_was_set_back(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    evaluator = told.evaluator(FAILED)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    evaluator.book.end(frozenset(), minute(-5))
    again = told.evaluator(FAILED)
    again.book.load(minute(-4))
    assert [alert.state for alert in told.alerts_kept(again)] == ["resolved"]


def test_a_row_that_is_not_seen_at_the_first_evaluation_after_a_restart_may_still_come(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    first = told.evaluator(FAILED)
    first.evaluate(first.groups[0], minute(0))
    other = {"resource": {"service.name": "other"}}
    told.store.add(otlp.llm_span(start=minute(29), end=minute(29) + 1), **other)
    second = told.evaluator(FAILED)
    second.evaluate(second.groups[0], minute(30))
    assert [message.status for message in told.messages(second)] == ["firing"]
    second.evaluate(second.groups[0], minute(32))
    assert [message.status for message in told.messages(second)] == ["resolved"]


def test_what_may_have_been_written_is_written_again_under_its_own_time(told: Told, monkeypatch) -> None:
    evaluator = told.evaluator(FAILED)
    evaluator.evaluate(evaluator.groups[0], minute(-1))
    told.fail(3, NOW - 100 * SECOND_NS)
    save = told.alerts.save

    def answer_is_lost(changed: object, at_ns: int) -> None:
        save(changed, at_ns)
        raise StoreError("the answer is lost")

    monkeypatch.setattr(told.alerts, "save", answer_is_lost)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    assert told.messages(evaluator) == []
    monkeypatch.setattr(told.alerts, "save", save)
    evaluator.evaluate(evaluator.groups[0], minute(1))
    assert [message.starts_at_ns for message in told.messages(evaluator)] == [minute(0)]
    history = told.alerts.history(told.project, minute(-60), minute(60))
    assert [(each.alert.starts_at_ns, each.alert.ends_at_ns) for each in history] == [(minute(0), None)]


def test_the_heartbeat_stops_when_no_rule_of_a_group_can_be_evaluated(told: Told) -> None:
    evaluator = told.evaluator(BROKEN)
    evaluator._began_at_ns = NOW - 1000 * SECOND_NS
    evaluator.evaluate(evaluator.groups[0], time.time_ns())
    assert not evaluator.is_alive(time.time_ns())
    healthy = told.evaluator(BROKEN, FAILED)
    healthy._began_at_ns = NOW - 1000 * SECOND_NS
    healthy.evaluate(healthy.groups[0], time.time_ns())
    assert healthy.is_alive(time.time_ns())


def test_a_cause_that_looks_back_for_ever_is_told_all_the_same(told: Told) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    evaluator = told.evaluator(replace(FAILED, cause=replace(error_cause(300), recent_s=500_000 * 86_400)))
    evaluator.evaluate(evaluator.groups[0], minute(0))
    assert evaluator.health("failed").error == ""
    assert [message.status for message in told.messages(evaluator)] == ["firing"]


def test_a_rule_that_raises_what_nobody_foresaw_says_so_and_ends_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.fail(3, NOW - 100 * SECOND_NS)
    evaluator = told.evaluator(FAILED, SILENT)
    ask = told.store.reader.table

    def one_breaks(text: str, *more: object) -> object:
        if text == FAILED.sql and evaluator.health("failed").evaluated_at_ns is None:
            evaluator._health["failed"] = replace(evaluator.health("failed"), evaluated_at_ns=0)
            raise ValueError("an answer that nobody can read")
        return ask(text, *more)

    monkeypatch.setattr(told.store.reader, "table", one_breaks)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    assert "nobody can read" in evaluator.health("failed").error
    assert evaluator.health("quiet").error == ""
    evaluator.evaluate(evaluator.groups[0], minute(1))
    assert [message.status for message in told.messages(evaluator)] == ["firing"]


def test_many_alerts_at_once_are_told_and_only_some_of_them_explained(told: Told) -> None:
    spans = [
        otlp.llm_span(start=NOW - (100 - n) * SECOND_NS, end=NOW, status=(2, "no"), attributes={"user.id": f"u{n}"})
        for n in range(40)
    ]
    told.store.add(*spans)
    by_user = replace(
        FAILED,
        threshold=0,
        sql=FAILED.sql.replace(
            "ifNull(toString(service), '') AS service", "ifNull(toString(user_id), '') AS user"
        ).replace("GROUP BY service", "GROUP BY user"),
    )
    evaluator = told.evaluator(by_user)
    evaluator.evaluate(evaluator.groups[0], minute(0))
    said = told.messages(evaluator)
    assert len(said) == 40
    assert 0 < sum("why" in message.annotations for message in said) <= 30


def test_the_heartbeat_stops_when_a_group_is_late(told: Told) -> None:
    evaluator = told.evaluator(FAILED)
    assert [message.fingerprint for message in evaluator.messages()][-1:] == ["heartbeat"]
    at = time.time_ns()
    evaluator.evaluate(evaluator.groups[0], at)
    assert evaluator.is_alive(at + 179 * SECOND_NS)
    assert not evaluator.is_alive(at + 181 * SECOND_NS)
    assert not Evaluator([], evaluator._sources, told.telemetry, Links("")).is_alive(time.time_ns())
