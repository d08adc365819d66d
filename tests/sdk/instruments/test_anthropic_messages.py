"""Messages of Anthropic's client that are answered whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from captured_call import only, parts
from fake_anthropic import USAGE, text

from telltale import testing

if TYPE_CHECKING:
    from telltale.testing import Captured


MODEL = "claude-sonnet-4-6"
QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
ASK: Any = {"model": MODEL, "max_tokens": 64, "messages": QUESTION}


def test_a_message_becomes_one_client_span(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.message()
    message = anthropic_client.messages.create(
        **ASK,
        system="Be brief.",
        stop_sequences=["END"],
        extra_body={"temperature": 0.5},
        thinking={"type": "disabled"},
    )
    assert message.content[0].text == "Paris."
    span = only(captured)
    assert (span["name"], span["kind"], span["status"]) == (f"chat {MODEL}", "client", "unset")
    assert span["attributes"] == {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "server.address": "127.0.0.1",
        "server.port": anthropic_server.port,
        "gen_ai.request.model": MODEL,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Capital of France?"}]}]',
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.model": "claude-sonnet-4-6",
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.response.service_tier": "standard",
        "gen_ai.usage.input_tokens": 1331,
        "gen_ai.usage.output_tokens": 160,
        "gen_ai.usage.cache_read.input_tokens": 1000,
        "gen_ai.usage.cache_write.input_tokens": 300,
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 200,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 100,
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"end_turn"}]'
        ),
    }


def test_thinking_and_tool_calls_keep_their_order(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.message(
        {"type": "thinking", "thinking": "Look it up.", "signature": "s"},
        {"type": "redacted_thinking", "data": "AAAA"},
        text("One moment."),
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Lyon"}},
        stop_reason="tool_use",
        usage={**USAGE, "output_tokens_details": {"thinking_tokens": 90}},
    )
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools: Any = [
        {"name": "weather", "description": "Weather now", "input_schema": schema},
        {"type": "web_search_20250305", "name": "web_search"},
    ]
    anthropic_client.messages.create(**ASK, tools=tools)
    assert parts(captured) == [
        {"type": "reasoning", "content": "Look it up."},
        {"type": "reasoning", "content": "[redacted by the provider]"},
        {"type": "text", "content": "One moment."},
        {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": {"city": "Lyon"}},
    ]
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.response.finish_reasons"] == ["tool_use"]
    assert attributes["gen_ai.usage.reasoning.output_tokens"] == 90
    assert json.loads(attributes["gen_ai.tool.definitions"]) == [
        {"type": "function", "name": "weather", "description": "Weather now", "parameters": schema},
        {"type": "web_search_20250305", "name": "web_search"},
    ]


def test_the_answers_of_tools_are_part_of_the_next_request(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.message(text("18 degrees."))
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Lyon"}}
    answers = [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18"},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("dry")], "is_error": True},
    ]
    rounds = [*QUESTION, {"role": "assistant", "content": [call]}, {"role": "user", "content": answers}]
    anthropic_client.messages.create(**{**ASK, "messages": rounds})
    assert parts(captured, "input", 1) == [
        {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": {"city": "Lyon"}}
    ]
    assert parts(captured, "input", 2) == [
        {"type": "tool_call_response", "id": "toolu_1", "response": "18"},
        {"type": "tool_call_response", "id": "toolu_2", "response": [{"type": "text", "content": "dry"}]},
    ]


def test_tools_that_the_provider_runs_are_told_from_those_of_the_application(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    found = {"type": "web_search_result", "title": "Lyon", "url": "u", "encrypted_content": "A" * 900}
    anthropic_server.message(
        {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "Lyon"}},
        {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [found]},
        text("Sunny."),
    )
    anthropic_client.messages.create(**ASK)
    call, answer, said = parts(captured)
    assert (call["type"], call["server_tool_call"]["input"]) == ("server_tool_call", {"query": "Lyon"})
    assert (answer["type"], answer["id"]) == ("server_tool_call_response", "srv_1")
    assert answer["server_tool_call_response"]["content"][0]["title"] == "Lyon"
    assert "AAA" not in json.dumps(answer)
    assert said == {"type": "text", "content": "Sunny."}


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "A" * 900}, {"type": "blob", "mime_type": "image/png"}),
        ({"type": "url", "url": "https://example.org/a.png"}, {"type": "uri", "uri": "https://example.org/a.png"}),
        ({"type": "file", "file_id": "file_1"}, {"type": "file", "file_id": "file_1"}),
    ],
)
def test_pictures_do_not_crowd_out_the_words(
    captured: Captured, anthropic_client: Any, anthropic_server: Any, source: Any, part: Any
) -> None:
    anthropic_server.message()
    content = [text("What is this?"), {"type": "image", "source": source}]
    anthropic_client.messages.create(**{**ASK, "messages": [{"role": "user", "content": content}]})
    said, shown = parts(captured, "input")
    assert said == {"type": "text", "content": "What is this?"}
    assert (part.items() <= shown.items(), shown["modality"]) == (True, "image")
    assert "AAA" not in json.dumps(only(captured))


def test_what_compactions_cost_is_part_of_the_totals(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    run = {"type": "compaction", "input_tokens": 5000, "output_tokens": 200, "cache_read_input_tokens": 100}
    usage = {"input_tokens": 10, "output_tokens": 20, "iterations": [run, {"type": "message", "input_tokens": 10}]}
    anthropic_server.message(usage=usage)
    anthropic_client.beta.messages.create(**ASK)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 5110
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 100
    assert attributes["gen_ai.usage.output_tokens"] == 220


def test_counts_that_are_not_given_are_unknown(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.message(usage={"input_tokens": 12, "output_tokens": 3})
    anthropic_client.messages.create(**ASK)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert not [key for key in attributes if "cache" in key or "reasoning" in key]


@pytest.mark.parametrize(("status", "kind"), [(400, "BadRequestError"), (429, "RateLimitError"), (529, "Overloaded")])
def test_an_error_of_the_provider_reaches_the_application_and_the_span(
    captured: Captured, anthropic_client: Any, anthropic_server: Any, status: int, kind: str
) -> None:
    anthropic_server.fails(status)
    with pytest.raises(anthropic.APIStatusError):
        anthropic_client.messages.create(**ASK)
    span = only(captured)
    assert span["status"] == "error"
    assert kind in span["attributes"]["error.type"]
    assert span["attributes"]["http.response.status_code"] == status
    assert not [key for key in span["attributes"] if "usage" in key]


def test_without_capture_no_content_is_recorded(anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.message(text("Paris."))
    with testing.capture(capture="none") as captured:
        anthropic_client.messages.create(**ASK, system="Be brief.", tools=[{"name": "weather", "input_schema": {}}])
    span = only(captured)
    assert not [word for word in ("Paris", "France", "brief", "weather") if word in json.dumps(span)]
    assert span["attributes"]["gen_ai.usage.input_tokens"] == 1331


def test_masked_content_has_no_addresses(anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.message(text("Write to ann@example.org."))
    with testing.capture(capture="masked") as captured:
        anthropic_client.messages.create(**{**ASK, "messages": [{"role": "user", "content": "I am bob@example.org"}]})
    shown = json.dumps(only(captured))
    assert "Write to" in shown
    assert "@example.org" not in shown
