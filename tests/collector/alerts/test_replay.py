"""Rules over past data: when they would have fired, on the real engine and with the states of the evaluator."""

from dataclasses import replace

import pytest
from alert_traffic import DAY, HOUR, MINUTE, NOW, SECOND, AlertTraffic

from telltale_collector.alerts.replay import Replayed, replay, step_s_of
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_dashboards.alerts import groups
from telltale_dashboards.rule import Group, Rule


def rule_of(uid: str) -> tuple[Group, Rule]:
    ((group, rule),) = ((group, rule) for group in groups() for rule in group.rules if rule.uid == uid)
    return group, rule


def last_of(client: Client, uid: str, project: str, times: tuple[int, int]) -> Replayed:
    *_, last = replay(Reader(client), *rule_of(uid), project, times)
    assert last.is_done
    return last


def test_each_time_that_it_fires_is_told_with_start_end_and_peak(client: Client, project: str) -> None:
    traffic = AlertTraffic(client, project)
    loop = {"service": "'bot'", "trace_id": "'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0'"}
    traffic.calls(NOW, 10 * SECOND, 60, **loop)
    traffic.calls(NOW + 2 * HOUR, 10 * SECOND, 50, **loop | {"trace_id": "'b1'"})
    found = last_of(client, "agent-loop", project, (NOW - 10 * MINUTE, NOW + 4 * HOUR))
    assert (found.step_s, found.evaluations) == (60, 250)
    first, second = found.fired
    assert (first.labels, first.peak, second.peak) == ({"service": "bot"}, 60, 50)
    # the 41st call came after 400 seconds, and evaluations are half a minute late
    assert NOW + 400 * SECOND < first.starts_at_ns <= NOW + 500 * SECOND
    assert first.ends_at_ns is not None
    assert NOW + 30 * MINUTE < first.ends_at_ns <= NOW + 40 * MINUTE
    assert second.starts_at_ns > NOW + 2 * HOUR


def test_what_still_fires_has_no_end(client: Client, project: str) -> None:
    AlertTraffic(client, project).calls(NOW, 5 * SECOND, 100, trace_id="'b2'")
    (fired,) = last_of(client, "agent-loop", project, (NOW, NOW + 10 * MINUTE)).fired
    assert fired.ends_at_ns is None


def test_what_is_not_bad_for_long_enough_does_not_fire(client: Client, project: str) -> None:
    traffic = AlertTraffic(client, project)
    traffic.calls(NOW - HOUR, 10 * SECOND, 1000)
    traffic.calls(NOW, 5 * SECOND, 60, status="'error'", error_type="'RateLimitError'")
    group, rule = rule_of("rate-limited")
    times = (NOW - 10 * MINUTE, NOW + 50 * MINUTE)
    *_, patient = replay(Reader(client), group, replace(rule, for_s=3600), project, times)
    assert patient.fired == ()
    (fired,) = last_of(client, "rate-limited", project, times).fired
    assert fired.labels == {"provider": "openai"}


def test_where_low_is_bad_the_peak_is_the_lowest_value(client: Client, project: str) -> None:
    traffic = AlertTraffic(client, project)
    traffic.calls(NOW - DAY, MINUTE, 24 * 60)
    traffic.calls(NOW, 30 * SECOND, 240, cache_read_tokens="0")
    (fired,) = last_of(client, "cache-hit-drop", project, (NOW, NOW + 3 * HOUR)).fired
    assert fired.peak == 0
    assert fired.labels == {"service": "shop", "model": "gpt-4o-mini"}


def test_an_empty_project_fires_nothing(client: Client, project: str) -> None:
    assert last_of(client, "error-burn-1h", project, (NOW, NOW + HOUR)).fired == ()


@pytest.mark.parametrize(
    ("range_ns", "step_s"), [(HOUR, 60), (DAY, 60), (2 * DAY, 86), (7 * DAY, 300), (365 * DAY, 3153)]
)
def test_long_ranges_are_looked_at_less_often(range_ns: int, step_s: int) -> None:
    group, _ = rule_of("agent-loop")
    assert step_s_of(group, (NOW, NOW + range_ns)) == step_s
