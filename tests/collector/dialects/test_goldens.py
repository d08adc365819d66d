"""Recorded payloads of real libraries, read, against what the provider really answered (see the fixtures' README)."""

import json
from pathlib import Path
from typing import Any

import pytest
from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.dialects import dialects, read_call
from telltale_collector.model import Call, Message

CASES = sorted((Path(__file__).parents[2] / "fixtures/otlp").glob("*/*/expected.json"))
SAME = (
    "provider request_model response_model response_id stream finish_reason input_tokens output_tokens "
    "cache_read_tokens cache_write_tokens reasoning_tokens"
).split()
PARAMS = ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort")


def read_case(folder: Path) -> dict[str, Call]:
    """Calls by span id."""
    events = [
        event
        for body in folder.glob("logs*.pb")
        for event in read_log_events(check_logs(body.read_bytes(), Media.PROTOBUF).payload)
    ]
    return {
        span.span_id: read_call(span, [event for event in events if event.span_id == span.span_id])[1]
        for body in folder.glob("traces*.pb")
        for span in read_spans(check_traces(body.read_bytes(), Media.PROTOBUF).payload)
    }


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_a_recorded_span_reads_as_what_really_happened(expected: Path) -> None:
    truth = json.loads(expected.read_text())
    calls = read_case(expected.parent)
    assert set(calls) == {span["span_id"] for span in truth["spans"]}
    for span in truth["spans"]:
        call = calls[span["span_id"]]
        assert call.kind == span["kind"]
        if "call" in span:
            assert differences(call, span["call"], set(span.get("not_in_telemetry", []))) == {}


def differences(call: Call, truth: dict[str, Any], absent: set[str]) -> dict[str, tuple[Any, Any]]:
    """{field: (read, true)} where they differ; what the library does not record must read as None."""
    found = {name: getattr(call, name) for name in SAME}
    wanted = {name: None if name in absent else truth.get(name) for name in SAME}
    if truth.get("stream") is not True:
        found.pop("stream"), wanted.pop("stream")
    for name in PARAMS:
        found[name] = getattr(call, name)
        wanted[name] = None if f"params.{name}" in absent else truth.get("params", {}).get(name)
    if "input_messages" in truth:
        found["input_messages"] = [plain(message) for message in call.input_messages]
        wanted["input_messages"] = [] if "input_messages" in absent else truth["input_messages"]
    if "output_text" in truth:
        found["output_text"] = "".join(message.content for message in call.output_messages)
        wanted["output_text"] = "" if "output_text" in absent else truth["output_text"]
    if truth.get("tool_calls"):
        found["tool_calls"] = [tool for message in call.output_messages for tool in message.tool_calls]
        wanted["tool_calls"] = [] if "tool_calls" in absent else truth["tool_calls"]
    if "ttft_ms_range" in truth:
        low, high = truth["ttft_ms_range"]
        assert call.ttft_ns is not None
        assert low <= call.ttft_ns / 1e6 <= high
    return {name: (found[name], wanted[name]) for name in found if found[name] != wanted[name]}


def plain(message: Message) -> dict[str, Any]:
    given = {"role": message.role, "content": message.content}
    if message.tool_calls:
        given["tool_calls"] = message.tool_calls
    if message.tool_call_id:
        given["tool_call_id"] = message.tool_call_id
    return given


def test_the_dialects_are_asked_in_this_order() -> None:
    assert [dialect.name for dialect in dialects()] == ["gen_ai"]
