"""Calls without words are found, with the switch of the library that left them out."""

import json

import otlp
import pytest
from faulty_calls import OPENINFERENCE, OPENLLMETRY, WORDLESS


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("telltale", 'telltale.init(capture="full")'),
        ("opentelemetry.instrumentation.genai.openai", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        ("opentelemetry.instrumentation.openai_v2", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"),
        (OPENLLMETRY, "export TRACELOOP_TRACE_CONTENT=true"),
        (OPENINFERENCE, "OPENINFERENCE_HIDE_INPUTS=false"),
        ("ai", "recordInputs: true, recordOutputs: true }"),
        ("pydantic-ai", "include_content=True"),
        ("com.anthropic.sdk.python", "export ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"),
        ("my.wrapper", 'span.set_attribute("gen_ai.input.messages"'),
    ],
)
def test_calls_without_words_are_mended_by_the_switch_of_their_library(patient, healthy_call, scope, line) -> None:
    patient.add(healthy_call(WORDLESS), healthy_call(), scope=scope)
    found = patient.faults()["missing_content"]
    assert (found.count, found.looked_at) == (1, 2)
    assert (found.groups[0].told_by["without_input"], found.groups[0].told_by["without_output"]) == (1, 1)
    assert line in found.mend


def test_a_dialect_tells_the_library_where_the_scope_does_not(patient) -> None:
    attributes = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-mini"}
    patient.add(otlp.span("call", attributes=attributes), scope="my.tracer")
    assert "OPENINFERENCE_HIDE_INPUTS=false" in patient.faults()["missing_content"].mend


def test_calls_that_were_not_answered_need_no_answer(patient, healthy_call) -> None:
    patient.add(
        healthy_call(WORDLESS, status=(2, "refused")),
        healthy_call({"gen_ai.output.messages": None, "telltale.stream.cancelled": True}),
    )
    assert "missing_content" not in patient.faults()


def test_an_answer_of_tool_calls_alone_is_an_answer(patient, healthy_call) -> None:
    call = {"type": "tool_call", "id": "1", "name": "search", "arguments": {}}
    answer = json.dumps([{"role": "assistant", "parts": [call]}])
    patient.add(healthy_call({"gen_ai.output.messages": answer}))
    assert "missing_content" not in patient.faults()
