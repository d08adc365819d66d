"""The rules on the real engine: quiet on a healthy week and on nothing, loud on their own incident, quiet after it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from alert_traffic import DAY, HOUR, MINUTE, NOW, SECOND, AlertTraffic
from asked_rules import EVERY_RULE, RULES, SETTINGS, ask, bad, firing
from grafana_macros import expand

from telltale_collector.alerts.states import Sample, step
from telltale_collector.model import Amounts, BudgetFilter
from telltale_collector.store.client import Client
from telltale_collector.store.rolled import RolledHours
from telltale_dashboards.grafana_sql import alert_sql
from telltale_dashboards.rule import Rule

TEXT = re.compile(r"(LowCardinality\()?String")


@pytest.fixture(scope="module")
def healthy(client: Client) -> AlertTraffic:
    traffic = AlertTraffic(client, "healthy week")
    traffic.healthy(NOW - 8 * DAY, NOW)
    traffic.budget("month", Amounts(usd=Decimal(200)))
    traffic.budget("day", Amounts(usd=Decimal(10), calls=10_000, tokens=10_000_000), "day")
    traffic.budget("one user", Amounts(usd=Decimal(1)), "rolling", window_s=86_400, filter=BudgetFilter(user_id="u3"))
    return traffic


@pytest.mark.parametrize(("day", "hour"), list(enumerate((0, 5, 11, 17, 3, 9, 1))))
def test_a_healthy_week_fires_nothing(client: Client, healthy: AlertTraffic, day: int, hour: int) -> None:
    assert firing(client, healthy.project, NOW - day * DAY - hour * HOUR - 11 * MINUTE) == set()


@EVERY_RULE
@pytest.mark.parametrize("settings", SETTINGS)
def test_an_empty_store_gives_no_rows_and_no_error(client: Client, rule: Rule, settings: dict) -> None:
    assert ask(client, "nothing here", rule, NOW, settings) == []


# --- incidents ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incident:
    """What goes wrong for ``lasts`` from NOW on, on top of healthy traffic.

    Attributes:
        seen_after: how long the rule may take, without its ``for_s``.
        over_after: how long after the end nothing may be left.
        also: rules that are right to fire too.
        before: how long traffic was healthy.
    """

    happens: Callable[[AlertTraffic], None]
    lasts: int = 30 * MINUTE
    seen_after: int = 15 * MINUTE
    over_after: int = HOUR
    also: tuple[str, ...] = ()
    before: int = 2 * HOUR


def _budget(traffic: AlertTraffic, limit: str, window: str = "month", **more: object) -> None:
    traffic.budget("shop's", Amounts(usd=Decimal(limit)), window, filter=BudgetFilter(service="shop"), **more)


def _calls(number: int = 60, every: int = 30 * SECOND, **columns: str) -> Callable[[AlertTraffic], None]:
    return lambda traffic: traffic.calls(NOW, every, number, **columns)


def _spends(limit: str, usd: str, number: int = 60, every: int = 30 * SECOND) -> Callable[[AlertTraffic], None]:
    def happens(traffic: AlertTraffic) -> None:
        _budget(traffic, limit)
        traffic.calls(NOW, every, number, cost_usd=f"toDecimal64({usd}, 12)")

    return happens


def _uses(limit: str) -> Callable[[AlertTraffic], None]:
    """Sixty dollars by NOW plus half an hour."""

    def happens(traffic: AlertTraffic) -> None:
        _budget(traffic, limit, "rolling", window_s=3 * 3600)
        traffic.calls(NOW, 30 * SECOND, 60, cost_usd="toDecimal64(1, 12)", user_id="NULL")

    return happens


_BURNS = ("cost-burn-1h", "cost-burn-6h", "cost-burn-1d")
_STEPS = ("budget-50", "budget-80", "budget-100")
_FAILS = {"status": "'error'", "error_type": "'InternalServerError'", "finish_reason": "NULL", "cost_usd": "NULL"}
INCIDENTS = {
    "cost-burn-1h": Incident(_spends("100", "0.2"), also=("cost-burn-6h", "cost-burn-1d"), over_after=2 * HOUR),
    "cost-burn-6h": Incident(
        _spends("100", "0.01", 720), lasts=6 * HOUR, seen_after=6 * HOUR, over_after=6 * HOUR, also=("cost-burn-1d",)
    ),
    "cost-burn-1d": Incident(_spends("100", "0.005", 2880), lasts=DAY, seen_after=DAY, over_after=DAY, also=()),
    "budget-50": Incident(_uses("100"), seen_after=30 * MINUTE, over_after=3 * HOUR, also=_BURNS),
    "budget-80": Incident(_uses("70"), seen_after=30 * MINUTE, over_after=3 * HOUR, also=(*_BURNS, "budget-50")),
    "budget-100": Incident(
        _uses("60"), seen_after=30 * MINUTE, over_after=3 * HOUR, also=(*_BURNS, "budget-50", "budget-80")
    ),
    "error-burn-1h": Incident(_calls(**_FAILS), also=("error-burn-6h", "error-burn-3d")),
    "error-burn-6h": Incident(
        _calls(720, status="if(number % 8 = 0, 'error', 'ok')"),
        lasts=6 * HOUR,
        seen_after=3 * HOUR,
        also=("error-burn-3d",),
    ),
    "error-burn-3d": Incident(
        _calls(2880, status="if(number % 40 = 0, 'error', 'ok')"),
        lasts=DAY,
        seen_after=DAY,
        over_after=12 * HOUR,
    ),
    "ttft-burn-1h": Incident(_calls(ttft_ns="3000000000 + number")),
    "latency-burn-6h": Incident(
        _calls(end_time="start_time + toIntervalSecond(40)"), lasts=30 * MINUTE, seen_after=30 * MINUTE
    ),
    "rate-limited": Incident(
        _calls(120, 15 * SECOND, **_FAILS | {"error_type": "'RateLimitError'"}),
        also=("error-burn-1h", "error-burn-6h", "error-burn-3d"),
    ),
    "guard-block-spike": Incident(
        lambda traffic: traffic.guards(NOW, 15 * SECOND, 120, guard_verdict="'block'"), before=25 * HOUR
    ),
    "token-runaway": Incident(
        _calls(finish_reason="if(number % 2 = 0, 'length', 'stop')", output_tokens="if(number % 3 = 0, 990, 10)")
    ),
    "agent-loop": Incident(_calls(trace_id="'a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0'"), seen_after=25 * MINUTE),
    "cache-hit-drop": Incident(
        _calls(240, 15 * SECOND, cache_read_tokens="0"), lasts=HOUR, seen_after=HOUR, before=25 * HOUR
    ),
    "eval-score-drop": Incident(
        lambda traffic: traffic.scores(NOW, MINUTE, 180, value="0.4 + (number % 10) / 100"),
        lasts=3 * HOUR,
        seen_after=HOUR,
        over_after=6 * HOUR,
        before=25 * HOUR,
    ),
    "hallucination-rate": Incident(
        lambda traffic: traffic.scores(NOW, MINUTE, 30, name="'groundedness'", value="0.1"),
        seen_after=25 * MINUTE,
        over_after=2 * HOUR,
    ),
    "dislike-spike": Incident(
        lambda traffic: traffic.scores(NOW, MINUTE, 30, name="'feedback'", source="'user'", value="-1"),
        seen_after=30 * MINUTE,
        over_after=2 * HOUR,
    ),
    "usage-missing": Incident(
        _calls(tokens_source="'estimated'", cost_source="'estimated'", request_model="'m'", response_model="'m'")
    ),
    "price-unknown": Incident(_calls(cost_source="'unpriced'", cost_usd="NULL"), seen_after=MINUTE),
    "user-abuse": Incident(_calls(user_id="'mallory'", cost_usd="toDecimal64(0.5, 12)"), seen_after=10 * MINUTE),
    "ingest-lag": Incident(
        _calls(300, 6 * SECOND, received_at="end_time + toIntervalMinute(4)"), over_after=20 * MINUTE
    ),
    "spans-dropped": Incident(
        lambda traffic: traffic.ledger(NOW, "dropped_by_clients", 7, "queue full"), over_after=2 * HOUR
    ),
    "spans-rejected": Incident(lambda traffic: traffic.ledger(NOW, "rejected", 7, "bad id"), over_after=2 * HOUR),
    "dead-letters": Incident(lambda traffic: traffic.dead_letter(NOW + MINUTE)),
}


def test_every_rule_has_an_incident() -> None:
    assert set(INCIDENTS) | {"silent-service"} == set(RULES)


@pytest.mark.parametrize("uid", INCIDENTS)
def test_a_rule_fires_on_its_incident_and_resolves_after(client: Client, uid: str) -> None:
    incident, rule = INCIDENTS[uid], RULES[uid]
    traffic = AlertTraffic(client, f"incident {uid}")
    traffic.healthy(NOW - incident.before, NOW + incident.lasts + incident.over_after)
    assert bad(client, traffic.project, rule, NOW) == []
    incident.happens(traffic)
    assert bad(client, traffic.project, rule, NOW + incident.seen_after), ask(
        client, traffic.project, rule, NOW + incident.seen_after
    )
    still = NOW + max(incident.lasts - SECOND, incident.seen_after)
    fire = firing(client, traffic.project, still)
    assert uid in fire
    assert fire <= {uid, *incident.also}
    assert bad(client, traffic.project, rule, NOW + incident.lasts + incident.over_after) == []


def test_a_service_that_always_speaks_is_missed_and_found_again(client: Client) -> None:
    rule = RULES["silent-service"]
    traffic = AlertTraffic(client, "silence")
    traffic.calls(NOW - DAY, 2 * MINUTE, 720)
    night = {"service": "'office'"}
    traffic.calls(NOW - DAY, 2 * MINUTE, 240, **night)
    assert bad(client, "silence", rule, NOW) == []
    (row,) = bad(client, "silence", rule, NOW + 20 * MINUTE)
    assert row["service"] == "shop"
    assert 1200 < row["value"] < 1500
    traffic.calls(NOW + 30 * MINUTE, MINUTE, 10)
    assert bad(client, "silence", rule, NOW + 40 * MINUTE) == []


def test_the_alert_of_the_only_service_ends_once_it_is_switched_off_for_good(client: Client, project: str) -> None:
    rule = RULES["silent-service"]
    AlertTraffic(client, project).calls(NOW - DAY, 2 * MINUTE, 720)
    states, alerts = [], {}
    for at in (NOW + 20 * MINUTE, NOW + 25 * MINUTE, NOW + 2 * DAY, NOW + 2 * DAY + 5 * MINUTE):
        rows = ask(client, project, rule, at)
        samples = [Sample({"service": row["service"]}, row["value"]) for row in rows]
        alerts = step(project, rule, 300, alerts, samples, at)
        states.append([alert.state for alert in alerts.values()])
    assert states[:2] == [["firing"]] * 2
    assert states[2] == ["resolved"]
    assert "firing" not in states[3]


# --- what a rule gives ----------------------------------------------------------------------------------------------


@EVERY_RULE
def test_a_rule_gives_texts_and_one_number(client: Client, healthy: AlertTraffic, rule: Rule) -> None:
    given = {"project": healthy.project, "from_time": NOW - rule.window_s * SECOND, "to_time": NOW}
    types = {row["name"]: row["type"] for row in client.query(f"DESCRIBE TABLE ({rule.sql})", given, {})}
    *labels, value = types
    assert (value, types[value]) == ("value", "Float64")
    assert all(TEXT.fullmatch(types[name].rstrip(")")) for name in labels)
    if rule.cause is not None:
        assert set(rule.cause.labels) == set(labels)


@EVERY_RULE
def test_the_collector_and_grafana_see_the_same(client: Client, healthy: AlertTraffic, rule: Rule) -> None:
    at = NOW - 11 * MINUTE
    sql = expand(alert_sql(rule.sql, healthy.project), {}, at // 10**6 - rule.window_s * 1000, at // 10**6, 60)
    rows = sorted(client.query(sql, {}, {}), key=str)
    for settings in SETTINGS:
        mine = sorted(ask(client, healthy.project, rule, at, settings), key=str)
        assert [list(row.values())[:-1] for row in mine] == [list(row.values())[:-1] for row in rows]
        assert [row["value"] for row in mine] == pytest.approx([row["value"] for row in rows])


@EVERY_RULE
def test_the_cause_can_be_asked_for_by_label_and_dimension(client: Client, healthy: AlertTraffic, rule: Rule) -> None:
    if rule.cause is None:
        assert rule.uid in {"silent-service", "spans-dropped", "spans-rejected", "dead-letters"}
        return
    names = {f"label_{name}": text for name, text in rule.cause.labels.items()} | dict(rule.cause.dimensions)
    parts = ", ".join(f"toString({text}) AS by_{name}" for name, text in names.items())
    sql = f"SELECT {parts}, toFloat64(sum({rule.cause.weight})) AS weight FROM {rule.cause.rows} GROUP BY ALL"
    given = {"project": healthy.project, "from_time": NOW - rule.cause.recent_s * SECOND, "to_time": NOW}
    for settings in SETTINGS:
        assert all(row["weight"] >= 0 for row in client.query(sql, given, settings))


def test_roll_ups_do_not_change_a_value(client: Client, project: str) -> None:
    traffic = AlertTraffic(client, project)
    traffic.calls(NOW - 30 * HOUR, 2 * MINUTE, 900, status="if(number % 7 = 0, 'error', 'ok')")
    blocks = {"guard_verdict": "if(number > 1100 OR number % 9 = 0, 'block', 'pass')"}
    traffic.guards(NOW - 20 * HOUR, MINUTE, 1200, **blocks)
    _budget(traffic, "10")
    uids = ["error-burn-3d", "error-burn-6h", "guard-block-spike", "cache-hit-drop", "cost-burn-1d", "budget-50"]
    before = {uid: ask(client, project, RULES[uid], NOW) for uid in uids}
    assert all(before.values()), before
    rolled = RolledHours(client)
    rolled.touch(project, range(NOW - 30 * HOUR, NOW, HOUR))
    assert rolled.roll_due(NOW) >= 29
    assert len(rolled.holding(project, NOW - 30 * HOUR, NOW)) >= 28
    for uid in uids:
        after = ask(client, project, RULES[uid], NOW)
        assert [row["value"] for row in after] == pytest.approx([row["value"] for row in before[uid]])
