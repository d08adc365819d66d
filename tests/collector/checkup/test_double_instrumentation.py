"""A call that two libraries trace is found, with the line that switches the right one off."""

import time
from decimal import Decimal

import pytest
from faulty_calls import OPENINFERENCE, OPENLLMETRY, SECOND


def pair(healthy_call, **inner: object) -> tuple[dict, dict]:
    """A call and, around it, a second span for the same call."""
    outer = healthy_call()
    start = outer["start"] + 1_000
    call = healthy_call(trace_id=outer["trace_id"], parent=outer["span_id"], start=start, **inner)
    return outer, call


def test_two_instrumentations_on_one_client_are_named_with_the_one_to_switch_off(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope=OPENINFERENCE)
    patient.add(call, scope=OPENLLMETRY)
    patient.add(healthy_call(), scope=OPENLLMETRY)
    found = patient.faults()["double_instrumentation"]
    assert (found.count, found.looked_at) == (1, 3)
    (group,) = found.groups
    assert group.told_by == {
        "counted_scope": OPENLLMETRY,
        "copy_scope": OPENINFERENCE,
        "service": "test-app",
        "not_counted_usd": Decimal("0.00021"),
    }
    assert group.mend.startswith("export OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=openai ")
    assert "openinference-instrumentation-openai" in group.mend
    assert group.examples == [outer["trace_id"]]


@pytest.mark.parametrize("counted", ["pydantic-ai", "openinference.instrumentation.anthropic", "my.own.wrapper"])
def test_a_client_that_traces_itself_is_told_not_to(patient, healthy_call, counted: str) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="com.anthropic.sdk.python")
    patient.add(call, scope=counted)
    assert patient.faults()["double_instrumentation"].mend == "export ANTHROPIC_OPEN_TELEMETRY=false"


def test_a_framework_is_never_switched_off_for_a_client(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="my.own.wrapper")
    patient.add(call, scope="pydantic-ai")
    assert patient.faults()["double_instrumentation"].mend.startswith("# remove the instrumentation of my.own.wrapper")


def test_of_a_framework_and_its_client_the_clients_instrumentation_is_switched_off(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="openinference.instrumentation.langchain")
    patient.add(call, scope=OPENLLMETRY)
    assert patient.faults()["double_instrumentation"].mend.startswith(
        "Traceloop.init(block_instruments={Instruments.OPENAI})"
    )


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("telltale", "telltale.init(instrument=False)"),
        ("langfuse-sdk", "from openai import OpenAI  # in place of: from langfuse.openai import OpenAI"),
        ("ai", "experimental_telemetry: { isEnabled: false }"),
        ("openlit.openai", 'openlit.init(disabled_instrumentors=["openai"])'),
        ("logfire.openai", "# remove logfire.instrument_openai()"),
        ("my.own.wrapper", "Traceloop.init(block_instruments={Instruments.OPENAI})"),
    ],
)
def test_each_library_has_its_own_switch(patient, healthy_call, scope: str, line: str) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope=scope)
    patient.add(call, scope=OPENLLMETRY)
    assert patient.faults()["double_instrumentation"].mend.startswith(line)


def test_two_wrappers_without_a_known_switch_are_named(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="my.wrapper")
    patient.add(call, scope="my.client")
    mend = patient.faults()["double_instrumentation"].mend
    assert "my.wrapper" in mend
    assert "my.client" in mend


def test_the_two_spans_of_a_call_may_lie_in_two_traces(patient, healthy_call) -> None:
    same = {"gen_ai.response.id": "chatcmpl-two-traces"}
    now = time.time_ns()
    patient.add(healthy_call(same, start=now, end=now + SECOND), scope="com.anthropic.sdk.python")
    patient.add(healthy_call(same, start=now + 1000, end=now + SECOND - 1000), scope="telltale")
    found = patient.faults()["double_instrumentation"]
    assert (found.count, found.mend) == (1, "telltale.init(instrument=False)")


def test_a_library_that_wraps_its_own_call_is_not_at_fault(patient, healthy_call) -> None:
    patient.add(*pair(healthy_call), scope="ai")
    assert "double_instrumentation" not in patient.faults()
