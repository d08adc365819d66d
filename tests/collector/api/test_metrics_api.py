"""``GET /api/v1/metrics``: instruments, and one of them by group and step."""

import time

import pytest
from collector_process import CollectorProcess
from metric_traffic import at, counter, metrics_body

START = int(time.time()) // 60 * 60 - 600
NAME = "gen_ai.api.requests"


@pytest.fixture(scope="module")
def reported(collector: CollectorProcess) -> CollectorProcess:
    points = [
        at(START + 60 * n, START + 60 * n - 60, as_int=n, attributes={"gen_ai.request.model": model})
        for n in range(1, 4)
        for model in ("a", "b")
    ]
    body = metrics_body(counter(NAME, *points, unit="{request}"), resource={"deployment.environment.name": "prod"})
    assert collector.send(body, "metrics").status_code == 200
    collector.settle()
    return collector


def test_instruments_are_listed_with_what_was_seen_of_them(reported: CollectorProcess) -> None:
    (found,) = [each for each in reported.get("/api/v1/metrics")["metrics"] if each["name"] == NAME]
    assert (found["type"], found["unit"], found["temporality"]) == ("sum", "{request}", "delta")
    assert (found["points"], found["series"], found["services"]) == (6, 2, ["test-app"])
    assert found["group_keys"] == ["service", "environment", "gen_ai.request.model"]
    assert found["last_seen"].endswith(".000000000Z")


def test_rows_are_by_group_and_step(reported: CollectorProcess) -> None:
    answer = reported.get("/api/v1/metrics", name=NAME, group_by="gen_ai.request.model,environment", step="1m")
    rows = [row for row in answer["rows"] if row["group"]["gen_ai.request.model"] == "a"]
    assert [(row["increase"], row["rate"]) for row in rows] == [(1, 1 / 60), (2, 2 / 60), (3, 3 / 60)]
    assert {row["group"]["environment"] for row in rows} == {"prod"}
    assert rows[0].keys() == {"group", "time", "increase", "rate"}
    assert answer["metric"]["name"] == NAME


def test_without_a_step_the_range_is_one_row(reported: CollectorProcess) -> None:
    (row,) = reported.get("/api/v1/metrics", name=NAME, **{"from": "now-1h"})["rows"]
    assert (row["group"], row["increase"]) == ({}, 12)
    assert "time" not in row
    assert reported.get("/api/v1/metrics", name=NAME, service="nobody")["rows"] == []


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"name": "gen_ai.never"}, 404, "no metric 'gen_ai.never' is stored"),
        ({"name": NAME, "type": "gauge"}, 404, "no metric"),
        ({"name": NAME, "step": "soon"}, 400, "not a step: 'soon'"),
        ({"name": NAME, "group_by": "a,b,c,d,e,f"}, 400, "more than 5 keys"),
        ({"from": "soon"}, 400, "not a time"),
    ],
)
def test_what_cannot_be_answered_is_explained(reported: CollectorProcess, asked: dict, status: int, says: str) -> None:
    answer = reported.client.get("/api/v1/metrics", params=asked)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


def test_points_count_among_the_collectors_own_metrics(reported: CollectorProcess) -> None:
    exposed = reported.client.get("/metrics").text
    assert 'telltale_received_items_total{signal="metrics"}' in exposed
    assert 'telltale_stored_items_total{table="metric_points"}' in exposed
