"""What all faults have in common: they are discovered, told in full, and looked for in one project and time range."""

import time

import otlp
import pytest
from faulty_calls import MINUTE, SECOND

from telltale_collector.checkup import SEVERITIES, faults
from telltale_collector.store.named import query_text


def test_the_faults_are_found_by_their_files() -> None:
    assert [fault.name for fault in faults()] == [
        "missing_model",
        "unknown_dialect",
        "unpriced_models",
        "clock_skew",
        "double_instrumentation",
        "missing_content",
        "orphans",
        "streams_without_usage",
        "missing_max_tokens",
    ]


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_a_fault_is_told_in_full(fault) -> None:
    assert fault.severity in SEVERITIES
    assert fault.query == f"checkup_{fault.name}"
    assert len(fault.why) > 100
    assert fault.why.endswith(".")
    text = query_text(fault.query)
    for parameter in ("{project:String}", "{from_time:Int64}", "{to_time:Int64}", "FINAL"):
        assert parameter in text


def test_a_healthy_application_has_no_fault(patient, healthy_call) -> None:
    start = time.time_ns() - 5 * MINUTE
    root = otlp.span("answer", attributes={"telltale.span.kind": "chain"}, start=start)
    call = healthy_call(trace_id=root["trace_id"], parent=root["span_id"], start=start + 1)
    patient.receive(root, call, ago_ns=2 * MINUTE)
    assert patient.faults() == {}


def test_an_empty_project_has_no_fault(patient) -> None:
    assert patient.faults() == {}


def test_only_spans_of_the_time_range_and_project_count(client, patient, healthy_call) -> None:
    old = healthy_call({"gen_ai.request.max_tokens": None}, start=time.time_ns() - 60 * MINUTE)
    new = healthy_call({"gen_ai.request.max_tokens": None})
    patient.add(old, new)
    assert patient.faults()["missing_max_tokens"].count == 2
    finding = patient.faults(from_time=time.time_ns() - 30 * MINUTE)["missing_max_tokens"]
    assert (finding.count, finding.examples) == (1, [new["trace_id"]])
    other = type(patient)(client, f"{patient.project}-other")
    assert other.faults() == {}


def test_a_span_sent_again_counts_once(patient, healthy_call) -> None:
    call = healthy_call({"gen_ai.request.max_tokens": None})
    for _ in range(3):
        patient.add(call)
    assert patient.faults()["missing_max_tokens"].count == 1


def test_at_most_three_examples_are_given_the_newest_first(patient, healthy_call) -> None:
    now = time.time_ns()
    calls = [healthy_call({"gen_ai.request.max_tokens": None}, start=now - at * MINUTE) for at in range(1, 6)]
    patient.add(*calls)
    found = patient.faults()["missing_max_tokens"]
    assert found.examples == [call["trace_id"] for call in calls[:3]]
    assert (found.count, found.looked_at, found.share) == (5, 5, 1.0)


@pytest.mark.parametrize("start", [0, 1, 4_102_444_800 * SECOND, 2**63 - 1])
def test_hostile_times_break_no_query(patient, healthy_call, start: int) -> None:
    patient.add(healthy_call(start=start, end=start), healthy_call(start=start, end=0))
    assert set(patient.faults()) <= {"clock_skew"}
