"""Calls without a model or a limit are found, and spans that look like a call of an unknown dialect."""

from pathlib import Path

import otlp
import pytest

from telltale_collector.wal import Signal


def test_a_call_that_names_no_model_is_found(patient, healthy_call) -> None:
    nameless = {"gen_ai.request.model": None, "gen_ai.response.model": None}
    patient.add(healthy_call(nameless), healthy_call(), scope="my.client")
    found = patient.faults()["missing_model"]
    assert (found.count, found.looked_at) == (1, 2)
    assert found.mend == 'span.set_attribute("gen_ai.request.model", model)  # on the llm spans of scope my.client'
    assert "unpriced_models" not in patient.faults()


@pytest.mark.parametrize(
    ("longest", "provider", "line"),
    [
        (100, "x", "max_tokens=256"),
        (1000, "x", "max_tokens=2048"),
        (1024, "x", "max_tokens=2048"),
        (100, "openai", "max_completion_tokens=256"),
        (100, "aws.bedrock", 'inferenceConfig={"maxTokens": 256}'),
    ],
)
def test_a_limit_leaves_room_for_twice_the_longest_answer(patient, healthy_call, longest, provider, line) -> None:
    attributes = {"gen_ai.request.max_tokens": None, "gen_ai.usage.output_tokens": longest}
    patient.add(healthy_call({**attributes, "gen_ai.provider.name": provider}), healthy_call())
    found = patient.faults()["missing_max_tokens"]
    assert (found.count, found.looked_at, found.fault.severity) == (1, 2, "info")
    assert found.mend.startswith(line)


@pytest.mark.parametrize(
    "key", ["llm.something.new", "gen_ai.unheard.of", "traceloop.new", "langfuse.new", "ai.unheard.of", "mlflow.new"]
)
def test_a_span_that_only_looks_like_a_call_is_reported(patient, key: str) -> None:
    strange = otlp.span("strange", attributes={key: "x", "http.method": "GET"})
    patient.add(strange, otlp.span("plain", attributes={"http.method": "GET"}), scope="new.library")
    found = patient.faults()["unknown_dialect"]
    assert (found.count, found.looked_at) == (1, 2)
    assert found.groups[0].told_by["attributes_seen"] == [key]
    assert strange["trace_id"] in found.mend
    assert "scope new.library" in found.mend


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.conversation.id",
        "gen_ai.agent.name",
        "traceloop.association.properties.user_id",
        "traceloop.workflow.name",
        "langfuse.trace.name",
        "langfuse.environment",
        "aim.score",
        "llmx.y",
    ],
)
def test_what_libraries_put_onto_every_span_makes_it_no_call(patient, key: str) -> None:
    patient.add(otlp.span("GET /", attributes={key: "x"}))
    assert "unknown_dialect" not in patient.faults()


def test_recorded_data_of_known_libraries_is_understood(patient, otlp_fixtures: Path) -> None:
    bodies = sorted(otlp_fixtures.glob("*/*/traces*.pb"))
    assert bodies
    patient.add_bodies(*((Signal.TRACES, body.read_bytes()) for body in bodies))
    assert "unknown_dialect" not in patient.faults()
