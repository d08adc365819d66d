"""Streams whose tokens nobody counted are found, with the line that asks the provider for them."""

from pathlib import Path

import pytest
from faulty_calls import UNCOUNTED

from telltale_collector.wal import Signal


def test_streams_whose_tokens_are_a_guess_are_found(patient, healthy_call) -> None:
    patient.add(healthy_call(UNCOUNTED), healthy_call({"gen_ai.request.stream": True}), healthy_call())
    found = patient.faults()["streams_without_usage"]
    assert (found.count, found.looked_at, found.share) == (1, 2, 0.5)
    assert found.groups[0].told_by["estimated"] == 1
    assert 'stream_options={"include_usage": True}' in found.mend


def test_a_stream_with_neither_usage_nor_words_is_found_too(patient, healthy_call) -> None:
    patient.add(healthy_call({**UNCOUNTED, "gen_ai.input.messages": None, "gen_ai.output.messages": None}))
    assert patient.faults()["streams_without_usage"].groups[0].told_by["estimated"] == 0


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [({"telltale.stream.cancelled": True}, {}), ({}, {"status": (2, "broke")}), ({"telltale.cache.hit": True}, {})],
)
def test_streams_that_could_have_no_usage_are_not_at_fault(patient, healthy_call, attributes: dict, fields) -> None:
    patient.add(healthy_call({**UNCOUNTED, **attributes}, **fields))
    assert "streams_without_usage" not in patient.faults()


@pytest.mark.parametrize(
    ("scope", "provider", "says"),
    [
        ("openinference.instrumentation.langchain", "openai", "ChatOpenAI(stream_usage=True)"),
        ("openinference.instrumentation.llama_index", "openai", "additional_kwargs"),
        ("ai", "openai", "includeUsage: true"),
        ("x", "anthropic", "get_final_message()"),
        ("x", "aws.bedrock", '"metadata"'),
        ("x", "gcp.gemini", "usage_metadata"),
        ("x", "openai_compatible", "include_usage"),
    ],
)
def test_a_stream_is_mended_where_its_request_is_made(patient, healthy_call, scope, provider, says: str) -> None:
    patient.add(healthy_call({**UNCOUNTED, "gen_ai.provider.name": provider}), scope=scope)
    assert says in patient.faults()["streams_without_usage"].mend


def test_recorded_streams_without_usage_are_found(patient, otlp_fixtures: Path) -> None:
    cases = sorted(otlp_fixtures.glob("*/chat_stream_nousage/traces.pb"))
    assert len(cases) >= 4
    patient.add_bodies(*((Signal.TRACES, case.read_bytes()) for case in cases))
    found = patient.faults()["streams_without_usage"]
    assert found.count >= len(cases)
    assert all(group.mend for group in found.groups)


def test_what_is_still_running_is_not_at_fault(patient, healthy_call) -> None:
    running = healthy_call(
        {
            "gen_ai.request.stream": True,
            "telltale.open": True,
            "gen_ai.usage.input_tokens": None,
            "gen_ai.usage.output_tokens": None,
            "gen_ai.output.messages": None,
        }
    )
    patient.receive(running, ago_ns=0)
    assert patient.faults() == {}
