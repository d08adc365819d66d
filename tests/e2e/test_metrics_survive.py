"""Acknowledged metric points outlive kill -9, and what is sent again counts once."""

import time

from collector_process import CollectorProcess
from metric_traffic import CUMULATIVE, at, counter, histogram, measured, metrics_body

REQUESTS = 40
NOW = int(time.time()) // 60 * 60


def bodies() -> list[bytes]:
    """A delta histogram and a cumulative counter, a point of each a request."""
    made = []
    for number in range(REQUESTS):
        moment = NOW - 60 * (REQUESTS - number)
        duration = at(moment, moment - 60, **measured([0.5, 1.5], [1.0, 2.0]))
        total = at(moment, NOW - 60 * (REQUESTS + 1), as_int=3 * (number + 1))
        made.append(
            metrics_body(
                histogram("gen_ai.client.operation.duration", duration, unit="s"),
                counter("gen_ai.total.requests", total, temporality=CUMULATIVE),
            )
        )
    return made


def counted(running: CollectorProcess) -> tuple[int, float]:
    running.settle()
    (durations,) = running.get("/api/v1/metrics", name="gen_ai.client.operation.duration")["rows"]
    (requests,) = running.get("/api/v1/metrics", name="gen_ai.total.requests")["rows"]
    return durations["count"], requests["increase"]


def test_points_that_were_acknowledged_are_there_once_after_kill_9_and_a_second_sending(
    own_collector: CollectorProcess,
) -> None:
    running = own_collector.start()
    for body in bodies():
        assert running.send(body, "metrics").status_code == 200
    running.kill()
    running.start()
    assert counted(running) == (2 * REQUESTS, 3 * REQUESTS)
    for body in bodies():
        assert running.send(body, "metrics").status_code == 200
    assert counted(running) == (2 * REQUESTS, 3 * REQUESTS)
    points = {each["name"]: each["points"] for each in running.get("/api/v1/metrics")["metrics"]}
    assert set(points.values()) == {REQUESTS}
