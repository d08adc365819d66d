"""Forms of the GenAI conventions beside the recorded ones, and Telltale's own attributes."""

import json

import otlp
import pytest

from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.dialects import read_call
from telltale_collector.model import Call


def read(attributes: dict, logs: list[dict] | None = None, **fields: object) -> tuple[str | None, Call]:
    sent = otlp.span(attributes=attributes, **fields)
    (span,) = read_spans(check_traces(otlp.traces_body(sent), Media.PROTOBUF).payload)
    ids = {"trace_id": sent["trace_id"], "span_id": sent["span_id"]}
    body = otlp.logs_body(*({**log, **ids} for log in logs or []))
    return read_call(span, list(read_log_events(check_logs(body, Media.PROTOBUF).payload)))


def test_a_span_without_llm_attributes_is_plain() -> None:
    dialect, call = read({"http.request.method": "GET"})
    assert (dialect, call.kind) == (None, "span")


def test_message_events_of_the_older_conventions_become_the_conversation() -> None:
    _, call = read(
        {"gen_ai.operation.name": "chat"},
        [
            {"event": "gen_ai.system.message", "body": {"content": "Be brief."}, "time": 1},
            {"event": "gen_ai.user.message", "body": {"content": "Weather in Lyon?"}, "time": 2},
            {
                "event": "gen_ai.choice",
                "time": 3,
                "body": {
                    "index": 0,
                    "finish_reason": "tool_calls",
                    "message": {
                        "tool_calls": [
                            {
                                "id": "c1",
                                "type": "function",
                                "function": {"name": "weather", "arguments": '{"city":"Lyon"}'},
                            }
                        ]
                    },
                },
            },
        ],
    )
    assert [(m.role, m.content) for m in call.input_messages] == [
        ("system", "Be brief."),
        ("user", "Weather in Lyon?"),
    ]
    (answer,) = call.output_messages
    assert answer.role == "assistant"
    assert answer.tool_calls == [{"id": "c1", "name": "weather", "arguments": {"city": "Lyon"}}]
    assert call.finish_reason == "tool_calls"


def test_message_events_on_the_span_itself_count_too() -> None:
    events = [
        {"name": "gen_ai.user.message", "attributes": {"content": "hi"}},
        {"name": "gen_ai.choice", "attributes": {"message": '{"content": "hello"}', "finish_reason": "stop"}},
    ]
    _, call = read({"gen_ai.operation.name": "chat"}, events=events)
    assert [m.content for m in call.input_messages] == ["hi"]
    assert [m.content for m in call.output_messages] == ["hello"]


def test_a_guard_span_of_telltale_has_its_verdict() -> None:
    dialect, call = read(
        {
            "telltale.span.kind": "guardrail",
            "telltale.guard.name": "pii",
            "telltale.guard.stage": "input",
            "telltale.guard.verdict": "redact",
            "telltale.guard.reason": "1 e-mail address",
            "telltale.guard.score": 0.9,
        }
    )
    assert dialect == "gen_ai"
    assert (call.kind, call.guard_name, call.guard_stage) == ("guardrail", "pii", "input")
    assert (call.guard_verdict, call.guard_reason, call.guard_score) == ("redact", "1 e-mail address", 0.9)


def test_retrieved_documents_keep_order_scores_and_metadata() -> None:
    documents = [
        {"id": "a", "content": "first", "score": 0.9, "metadata": {"page": 3}},
        {"id": "b", "content": "second", "score": "0.5"},
    ]
    _, call = read(
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": "which?",
            "gen_ai.retrieval.documents": json.dumps(documents),
        }
    )
    assert call.kind == "retriever"
    assert [(d.rank, d.id, d.content, d.score, d.metadata) for d in call.documents] == [
        (1, "a", "first", 0.9, {"page": 3}),
        (2, "b", "second", 0.5, None),
    ]
    assert [(m.role, m.content) for m in call.input_messages] == [("", "which?")]


def test_who_and_where_is_read_from_any_span() -> None:
    dialect, call = read(
        {
            "session.id": "s1",
            "user.id": "u7",
            "telltale.tags": ["beta", "eu"],
            "telltale.metadata.tier": "gold",
            "gen_ai.prompt.name": "answer",
            "telltale.cache.hit": True,
        }
    )
    assert dialect is None
    assert (call.session_id, call.user_id, call.tags) == ("s1", "u7", ["beta", "eu"])
    assert (call.metadata, call.prompt_name, call.cache_hit) == ({"tier": "gold"}, "answer", True)


@pytest.mark.parametrize("tokens", [-1, "many", 1.5, float("nan"), True, 2**63 - 1])
def test_a_token_count_that_is_no_count_is_unknown(tokens: object) -> None:
    _, call = read({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": tokens})
    assert call.input_tokens is None


def test_content_of_any_shape_is_read_without_an_error() -> None:
    shapes = ["plain", "[1, 2]", '[{"role": 5, "parts": "x"}]', '{"parts": [null, [], {"type": []}]}', "[[[]]]", "{"]
    for shape in shapes:
        dialect, _ = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": shape})
        assert dialect == "gen_ai"


def test_parts_that_are_no_text_are_kept_as_they_are() -> None:
    image = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="}
    value = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "What is this?"}, image]}])
    _, call = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": value})
    (message,) = call.input_messages
    assert (message.content, message.parts) == ("What is this?", [image])


def test_a_conversation_of_hundreds_of_messages_is_read_whole() -> None:
    said = [{"role": "user", "parts": [{"type": "text", "content": f"if (a[{n}]) {{ b(); }}"}]} for n in range(500)]
    _, call = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(said)})
    assert len(call.input_messages) == 500
    assert call.input_messages[-1].content == "if (a[499]) { b(); }"


@pytest.mark.parametrize("mark", ["telltale.cancelled", "telltale.stream.cancelled"])
def test_a_step_that_was_cancelled_says_so(mark: str) -> None:
    _, call = read({"telltale.span.kind": "chain", mark: True})
    assert call.finish_reason == "cancelled"
