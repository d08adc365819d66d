"""Recorded payloads of real libraries, read, against what the provider really answered (see the fixtures' README).

Every field that a case's ``expected.json`` gives is compared. What has no place in the canonical call is named in
``NO_FIELD``; where a library replaces a word or adds parameters of its own, the source is named with the reason.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.dialects import dialects, read_call, read_evaluations
from telltale_collector.model import Call, Message, RawSpan

FIXTURES = Path(__file__).parents[2] / "fixtures/otlp"
CASES = sorted(FIXTURES.glob("*/*/expected.json"))
SAME = ("provider", "operation", "request_model", "response_model", "response_id")
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
PARAMS = ("temperature", "top_p", "top_k", "max_tokens", "seed", "reasoning_effort")

NO_FIELD = {"embedding_dimensions", "kind"}
"""The length of a vector is no field of a call (it stays in the raw attributes); the kind is compared apart."""

NO_CONTEXT_FIELD = {"environment", "release", "version", "trace_name"}
"""Langfuse's names for the deployment and the trace: they stay raw attributes; the rest of the context is compared."""

REWORDED = frozenset(
    "openllmetry-openai openllmetry-anthropic openllmetry-bedrock otel-genai-openai otel-genai-anthropic google-genai"
    " openlit pydantic-ai strands vercel-ai vercel-ai-4 vercel-ai-5 vercel-ai-7 openai-agents"
    " openinference-agents".split()
)
"""Sources that write OpenTelemetry's (or their own) word for a finish reason in place of the provider's."""

OWN_DEFAULTS = {"langfuse", "openlit", "openai-agents", "openinference-agents"}
"""Sources that write the client's or the provider's defaults as if they had been asked for."""

OWN_METADATA = {("openinference-openai", "input_guard")}
"""Spans whose metadata the program replaced with the guard's."""

NO_CONTEXT = {("vercel-ai-4", "ai.toolCall"), ("litellm", "raw_gen_ai_request")}
"""Spans that the library leaves without the program's metadata."""

NOT_RECORDED = {
    ("openinference-rag", "params.temperature"),
    ("openllmetry-openai", "params.seed"),
    ("openllmetry-legacy", "params.seed"),
}
"""Parameters without an attribute in the recording, although ``not_in_telemetry`` does not name them: their values
(1.0 and 7) occur there as something else."""

WITHOUT_RECORDING = {"nemo_guardrails", "google_adk"}
"""Dialects that are read from what their libraries document: tested in ``test_guards.py``, ``test_frameworks.py``."""

Differences = Iterator[tuple[str, Any, Any]]


def read_case(folder: Path) -> dict[str, tuple[RawSpan, Call]]:
    """Spans and calls by span id."""
    events = [
        event
        for body in sorted(folder.glob("logs*.pb"))
        for event in read_log_events(check_logs(body.read_bytes(), Media.PROTOBUF).payload)
    ]
    return {
        span.span_id: (span, read_call(span, [event for event in events if event.span_id == span.span_id])[1])
        for body in folder.glob("traces*.pb")
        for span in read_spans(check_traces(body.read_bytes(), Media.PROTOBUF).payload)
    }


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_a_recorded_span_reads_as_what_really_happened(expected: Path) -> None:
    truth = json.loads(expected.read_text())
    read = read_case(expected.parent)
    assert set(read) == {span["span_id"] for span in truth["spans"]}
    wrong = [
        (wanted["name"], field, found, right)
        for wanted in truth["spans"]
        for field, found, right in span_differences(truth, wanted, *read[wanted["span_id"]])
        if found != right
    ]
    assert wrong == []


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_the_calls_of_a_recording_add_up_to_what_the_provider_counted(expected: Path) -> None:
    truth = json.loads(expected.read_text())
    once = {span["span_id"] for span in truth["spans"] if "duplicate_of" not in span}
    calls = [call for span_id, (_, call) in read_case(expected.parent).items() if span_id in once]
    of_kind = {kind: [call for call in calls if call.kind == kind] for kind in ("llm", "embedding")}
    assert {
        "llm_calls": len(of_kind["llm"]),
        "embedding_calls": len(of_kind["embedding"]),
        "input_tokens": sum(call.input_tokens or 0 for found in of_kind.values() for call in found),
        "output_tokens": sum(call.output_tokens or 0 for found in of_kind.values() for call in found),
    } == truth["totals"]


def span_differences(truth: dict[str, Any], wanted: dict[str, Any], span: RawSpan, call: Call) -> Differences:
    yield "kind", call.kind, wanted["kind"]
    absent = set(wanted.get("not_in_telemetry", []))
    yield from context_differences(truth, wanted, call)
    if "call" in wanted:
        right = wanted["call"] | {
            field: differs["reported"]
            for field, differs in wanted.get("telemetry_differs", {}).items()
            if not differs.get("derivable")
        }
        yield from call_differences(call, right, absent)
        yield from request_differences(truth["source"], call, right, absent)
        yield from answer_differences(truth["source"], call, right, absent)
        yield from error_differences(span, call, right, absent)
    if "tool" in wanted:
        yield from tool_differences(call, wanted["tool"], absent)
    if "retrieval" in wanted:
        yield from retrieval_differences(call, wanted["retrieval"], absent)
    for field, right in wanted.get("guard", {}).items():
        yield f"guard.{field}", getattr(call, f"guard_{field}"), right
    if "evaluation" in wanted:
        (event,) = read_evaluations(span)
        score = {"score": "score.value", "label": "score.label", "name": "name", "explanation": "explanation"}
        for field, right in wanted["evaluation"].items():
            yield f"evaluation.{field}", event.attributes.get(f"gen_ai.evaluation.{score[field]}"), right


def context_differences(truth: dict[str, Any], wanted: dict[str, Any], call: Call) -> Differences:
    missing = set(truth.get("context_not_in_telemetry", [])) | NO_CONTEXT_FIELD
    if (truth["source"], wanted["name"]) in NO_CONTEXT:
        return
    for field, right in truth["context"].items():
        if field in missing or (field == "metadata" and (truth["source"], wanted["name"]) in OWN_METADATA):
            continue
        if field == "metadata":
            for key, value in right.items():
                yield f"metadata.{key}", call.metadata.get(key), str(value)
        else:
            yield field, getattr(call, field), right


def call_differences(call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    handled = {*SAME, *COUNTS, "params", "stream", "tools", "input_messages", "output_text", "output_texts"}
    handled |= {"tool_calls", "finish_reason", "finish_reasons_raw", "error", "ttft_ms_range", "cost"}
    handled |= {"embedding_inputs", "embedding_count", "input_tokens_uncached", "partial", "cancelled"}
    yield "fields that the test compares", set(truth) - handled - NO_FIELD, set()
    for field in SAME:
        if field in truth:
            yield field, getattr(call, field), None if field in absent else truth[field]
    for field in COUNTS:
        right = None if field in absent else truth.get(field)
        found = getattr(call, field)
        yield field, found, found if right is None and field not in absent and found == 0 else right
    if "input_tokens_uncached" in truth:
        cached = (call.cache_read_tokens or 0) + (call.cache_write_tokens or 0)
        yield "input_tokens_uncached", (call.input_tokens or 0) - cached, truth["input_tokens_uncached"]
    if "cost" in truth:
        yield "cost", abs((call.cost_usd or 0) - Decimal(str(truth["cost"]["total"]))) < Decimal("1e-9"), True
        yield "cost_source", call.cost_source, "provider"


def request_differences(source: str, call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    asked = truth.get("params", {})
    for name in PARAMS:
        unread = f"params.{name}" in absent or (source, f"params.{name}") in NOT_RECORDED
        right = None if unread else asked.get(name)
        if name in asked or source not in OWN_DEFAULTS:
            yield f"params.{name}", getattr(call, name), right
    if truth.get("stream") and "stream" not in absent:
        yield "stream", call.stream, True
    elif "stream" in truth:
        yield "stream", bool(call.stream), False
    if "tools" in truth:
        yield "tools", list(map(tool_name, call.tools)), [] if "tools" in absent else truth["tools"]
    if "input_messages" in truth:
        right = [] if "input_messages" in absent else [*map(comparable, truth["input_messages"])]
        yield "input_messages", [comparable(plain(message)) for message in call.input_messages], right
    if "embedding_inputs" in truth:
        found = [flat(message.content) for message in call.input_messages]
        is_absent = "embedding_inputs" in absent and found != [*map(flat, truth["embedding_inputs"])]
        yield "embedding_inputs", found, [] if is_absent else [*map(flat, truth["embedding_inputs"])]


def answer_differences(source: str, call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    texts = [message.content for message in call.output_messages]
    if "output_text" in truth and "output_texts" not in truth:
        yield "output_text", "".join(texts), "" if "output_text" in absent else truth["output_text"]
    if "output_texts" in truth:
        yield "output_texts", texts, [] if "output_texts" in absent else truth["output_texts"]
    if "tool_calls" in truth:
        found = [tool for message in call.output_messages for tool in message.tool_calls]
        yield "tool_calls", found, [] if "tool_calls" in absent else truth["tool_calls"]
    if "finish_reason" in truth:
        yield "finish_reason", call.finish_reason, None if "finish_reason" in absent else truth["finish_reason"]
    if "finish_reasons_raw" in truth and "finish_reason" not in absent and source not in REWORDED:
        yield "finish_reason_raw", call.finish_reason_raw, truth["finish_reasons_raw"][0]
    if "ttft" in absent:
        yield "ttft_ns", call.ttft_ns, None
    elif "ttft_ms_range" in truth:
        low, high = truth["ttft_ms_range"]
        yield "ttft_ns", call.ttft_ns is not None and low <= call.ttft_ns / 1e6 <= high, True


def error_differences(span: RawSpan, call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    error = truth.get("error")
    yield "failed", span.status_code == 2, error is not None
    if error is None:
        yield "error_type", call.error_type, None
    elif "error.type" in span.attributes or any(event.name == "exception" for event in span.events):
        yield "error_type", call.error_type is not None, True
    if error and "message" in error:
        said = [span.status_message, *(str(event.attributes.get("exception.message")) for event in span.events)]
        yield "error.message", any(error["message"] in text for text in said), "error.message" not in absent


def tool_differences(call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    yield "tool.name", call.tool_name, None if "name" in absent else truth["name"]
    for key, value in truth.get("arguments_contain", {}).items():
        yield f"tool.arguments.{key}", (key, value) in pairs(json.loads(call.tool_arguments or "null")), True
    if "result" in truth:
        yield "tool.result", as_json(call.tool_result), None if "result" in absent else truth["result"]


def retrieval_differences(call: Call, truth: dict[str, Any], absent: set[str]) -> Differences:
    if "query" in truth:
        yield "retrieval.query", [message.content for message in call.input_messages], [truth["query"]]
    yield "retrieval.count", len(call.documents), 0 if "documents" in absent else len(truth["documents"])
    for found, right in zip(call.documents, truth["documents"], strict=False):
        for field in {"id", "content"} & set(right):
            yield f"retrieval.{field}", getattr(found, field), right[field]
        if "score" in right:
            near = found.score is not None and abs(found.score - right["score"]) <= truth.get("score_tolerance", 1e-9)
            yield "retrieval.score", near, True


def tool_name(tool: dict[str, Any]) -> str:
    return (tool.get("function") or tool)["name"]


def plain(message: Message) -> dict[str, Any]:
    given = {"role": message.role, "content": message.content}
    if message.tool_calls:
        given["tool_calls"] = message.tool_calls
    if message.tool_call_id:
        given["tool_call_id"] = message.tool_call_id
    return given


def comparable(message: dict[str, Any]) -> dict[str, Any]:
    """JSON text is compared as JSON: a library may write it with other spaces."""
    return {**message, "content": as_json(message["content"])}


def as_json(value: str | None) -> Any:
    try:
        return json.loads(value or "")
    except ValueError:
        return value


def flat(text: str) -> str:
    """Line breaks as spaces: an embedding client replaces them."""
    return text.replace("\n", " ")


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """All keys with their values, at any depth."""
    if isinstance(value, dict):
        yield from value.items()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from pairs(as_json(inner) if isinstance(inner, str) else inner)


def test_the_dialects_are_asked_in_this_order() -> None:
    assert [dialect.name for dialect in dialects()] == [
        *("langfuse", "langsmith", "mlflow", "vercel_ai", "pydantic_ai", "agento11y", "openlit", "guardrails_ai"),
        *("openinference", "nemo_guardrails", "google_adk"),
        *("bedrock", "openllmetry_legacy", "openai_agents", "openllmetry", "google_genai", "anthropic_client"),
        *("logfire", "gen_ai"),
    ]


def test_every_dialect_is_spoken_by_a_recording() -> None:
    spoken = {
        read_call(span)[0]
        for expected in CASES
        for body in expected.parent.glob("traces*.pb")
        for span in read_spans(check_traces(body.read_bytes(), Media.PROTOBUF).payload)
    }
    assert {dialect.name for dialect in dialects()} - spoken == WITHOUT_RECORDING
