"""Clocks that are wrong are found by spans that cannot have happened at these times."""

import time

import otlp
import pytest
from faulty_calls import MINUTE, SECOND


def test_a_span_that_ends_before_it_starts_is_found(patient, healthy_call) -> None:
    now = time.time_ns()
    patient.add(healthy_call(start=now, end=now - 5 * SECOND), resource={"host.name": "web-1"})
    found = patient.faults()["clock_skew"]
    assert found.groups[0].told_by == {
        "symptom": "ends before it starts",
        "service": "test-app",
        "host": "web-1",
        "skew_ns": 5 * SECOND,
    }
    assert "on web-1" in found.mend


def test_a_span_from_the_future_is_found_whatever_the_time_range(patient, healthy_call) -> None:
    now = time.time_ns()
    patient.add(healthy_call(start=now + 60 * MINUTE), healthy_call(start=now + 20 * SECOND))
    found = patient.faults(from_time=now - MINUTE, to_time=now + MINUTE)["clock_skew"]
    assert (found.count, found.groups[0].told_by["symptom"]) == (1, "starts after it was received")


@pytest.mark.parametrize(
    ("offset", "service", "kind", "is_found"),
    [
        (-2 * SECOND, "other", 2, True),
        (-SECOND // 2, "other", 2, False),
        (-2 * SECOND, "caller", 2, False),
        (13 * SECOND, "other", 2, True),
        (13 * SECOND, "other", 5, False),
    ],
)
def test_a_child_in_another_service_lies_within_a_second_of_its_parent(
    patient, offset: int, service: str, kind: int, is_found: bool
) -> None:
    start = time.time_ns() - 5 * MINUTE
    parent = otlp.span("call", start=start, end=start + 10 * SECOND)
    child = otlp.span("serve", trace_id=parent["trace_id"], parent=parent["span_id"], start=start + offset, kind=kind)
    patient.add(parent, resource={"service.name": "caller"})
    patient.add(child, resource={"service.name": service})
    found = patient.faults().get("clock_skew")
    assert (found is not None) is is_found
    if found is not None:
        assert found.groups[0].told_by["service"] == "other"


def test_a_span_that_has_not_ended_is_not_skewed(patient, healthy_call) -> None:
    patient.add(healthy_call(end=0))
    assert "clock_skew" not in patient.faults()
