"""Spans whose parent never came are found once it is not awaited any more, with what loses it."""

import time

import otlp
import pytest
from faulty_calls import MINUTE, SECOND


def orphan(**fields: object) -> dict:
    return otlp.span("step", parent=otlp.new_span_id(), start=time.time_ns() - 5 * MINUTE, **fields)


def test_a_span_whose_parent_never_came_is_found_after_a_minute(patient) -> None:
    lost, root = orphan(), otlp.span("answer", start=time.time_ns() - 5 * MINUTE)
    child = otlp.span("step", trace_id=root["trace_id"], parent=root["span_id"], start=root["start"])
    patient.receive(lost, root, child, ago_ns=2 * MINUTE)
    found = patient.faults()["orphans"]
    assert (found.count, found.looked_at, found.examples) == (1, 2, [lost["trace_id"]])
    assert found.groups[0].told_by["missing_parents"] == 1
    assert "OTEL_BSP_MAX_QUEUE_SIZE" in found.mend


def test_a_parent_that_is_still_running_is_waited_for(patient) -> None:
    patient.receive(orphan(), ago_ns=10 * SECOND)
    early = orphan()
    later = otlp.span("next step", trace_id=early["trace_id"], parent=early["parent"], start=early["start"])
    patient.receive(early, ago_ns=10 * MINUTE)
    patient.receive(later, ago_ns=0)
    assert "orphans" not in patient.faults()


def test_a_parent_before_the_time_range_is_no_missing_one(patient) -> None:
    now = time.time_ns()
    root = otlp.span("answer", start=now - 90 * MINUTE, end=now - 50 * MINUTE)
    child = otlp.span("step", trace_id=root["trace_id"], parent=root["span_id"], start=now - 55 * MINUTE)
    patient.receive(root, child, ago_ns=49 * MINUTE)
    assert "orphans" not in patient.faults(from_time=now - 60 * MINUTE)


@pytest.mark.parametrize(
    ("kind", "scope", "says"),
    [
        (2, "http", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (1, "telltale", "provider.add_span_processor("),
        (1, "http", "test-app loses spans"),
    ],
)
def test_where_the_parent_was_tells_what_to_mend(patient, kind: int, scope: str, says: str) -> None:
    patient.receive(orphan(kind=kind), scope=scope, ago_ns=2 * MINUTE)
    assert says in patient.faults()["orphans"].mend


@pytest.mark.parametrize(("flags", "is_remote"), [(0x100, False), (0x300, True)])
def test_the_senders_word_on_a_remote_parent_comes_before_the_kind(patient, flags: int, is_remote) -> None:
    request = otlp.traces_request(orphan(kind=2 if not is_remote else 1))
    request.resource_spans[0].scope_spans[0].spans[0].flags = flags
    patient.receive_body(request.SerializeToString(), ago_ns=2 * MINUTE)
    assert patient.faults()["orphans"].groups[0].told_by["is_remote"] == is_remote
