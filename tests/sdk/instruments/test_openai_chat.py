"""Chat completions of OpenAI's client that are answered whole."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from captured_call import messages, only

import telltale
from telltale import testing
from telltale.instruments._stainless import provider_of

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]


def test_a_chat_call_becomes_one_client_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat("Paris.")
    completion = openai_client.chat.completions.create(
        model="gpt-5-mini",
        messages=QUESTION,
        temperature=0.5,
        max_completion_tokens=9,
        seed=7,
        stop="END",
        n=2,
    )
    assert completion.choices[0].message.content == "Paris."
    span = only(captured)
    assert (span["name"], span["kind"], span["status"]) == ("chat gpt-5-mini", "client", "unset")
    assert span["attributes"] == {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "server.address": "127.0.0.1",
        "server.port": openai_server.port,
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.input.messages": json.dumps(
            [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                {"role": "user", "parts": [{"type": "text", "content": "Capital of France?"}]},
            ],
            separators=(",", ":"),
        ),
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-5-mini-2025-08-07",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 31,
        "gen_ai.usage.output_tokens": 16,
        "openai.response.service_tier": "default",
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"stop"}]'
        ),
    }


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_both_names_of_the_token_limit_are_one_attribute(
    captured: Captured, openai_client: Any, openai_server: Any, name: str
) -> None:
    openai_server.chat()
    openai_client.chat.completions.create(model="m", messages=QUESTION, **{name: 9})
    assert only(captured)["attributes"]["gen_ai.request.max_tokens"] == 9


def test_cached_and_reasoning_tokens_are_parts_of_the_totals(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 1920}}
    details |= {"completion_tokens_details": {"reasoning_tokens": 320}}
    openai_server.chat(usage={"prompt_tokens": 2148, "completion_tokens": 345, "total_tokens": 2493, **details})
    openai_client.chat.completions.create(model="m", messages=QUESTION)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 2148
    assert attributes["gen_ai.usage.output_tokens"] == 345
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 1920
    assert attributes["gen_ai.usage.reasoning.output_tokens"] == 320


def test_tools_tool_calls_and_tool_answers_are_recorded(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    function = {"name": "get_weather", "arguments": '{"city": "Lyon"}'}
    call = {"id": "call_1", "type": "function", "function": function}
    openai_server.chat(None, message={"tool_calls": [call]}, finish_reason="tool_calls")
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"name": "get_weather", "description": "Current weather", "parameters": parameters}
    earlier = [
        *QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
    ]
    openai_client.chat.completions.create(model="m", messages=earlier, tools=[{"type": "function", "function": tool}])
    attributes = only(captured)["attributes"]
    part = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Lyon"}}
    assert json.loads(attributes["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [part], "finish_reason": "tool_call"}
    ]
    assert attributes["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert json.loads(attributes["gen_ai.tool.definitions"]) == [{"type": "function", **tool}]
    assert json.loads(attributes["gen_ai.input.messages"])[2:] == [
        {"role": "assistant", "parts": [part]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "18 degrees"}]},
    ]


def test_pictures_do_not_crowd_out_the_words(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 500_000}}
    content = [{"type": "text", "text": "What is this?"}, picture]
    openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
    (message,) = messages(captured, "input")
    assert message["parts"][0] == {"type": "text", "content": "What is this?"}
    assert message["parts"][1]["uri"].startswith("data:image/png;base64,AAA")
    assert len(message["parts"][1]["uri"]) < 200


def test_every_choice_is_kept(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    said = [("Paris.", "stop"), ("Par", "length")]
    openai_server.chat(
        choices=[
            {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
            for i, (text, reason) in enumerate(said)
        ]
    )
    openai_client.chat.completions.create(model="m", messages=QUESTION, n=2)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.response.finish_reasons"] == ["stop", "length"]
    texts = [message["parts"][0]["content"] for message in json.loads(attributes["gen_ai.output.messages"])]
    assert texts == ["Paris.", "Par"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, openai.RateLimitError), (500, openai.InternalServerError), (400, openai.BadRequestError)],
)
def test_a_refused_call_ends_its_span_as_failed(
    captured: Captured, openai_client: Any, openai_server: Any, status: int, error: type[Exception]
) -> None:
    openai_server.fails(status)
    with pytest.raises(error):
        openai_client.chat.completions.create(model="m", messages=QUESTION)
    span = only(captured)
    assert span["status"] == "error"
    assert span["status_message"].startswith(f"Error code: {status}")
    assert span["attributes"]["error.type"] == f"openai.{error.__name__}"
    assert span["attributes"]["http.response.status_code"] == status
    assert [event["name"] for event in span["events"]] == ["exception"]


def test_an_unreachable_provider_is_a_failure_without_a_code(captured: Captured, dead_port: int) -> None:
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{dead_port}/v1", api_key="k", max_retries=0)
    with client, pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="m", messages=QUESTION)
    attributes = only(captured)["attributes"]
    assert attributes["error.type"] == "openai.APIConnectionError"
    assert "http.response.status_code" not in attributes


def test_the_librarys_own_retries_are_one_call(captured: Captured, openai_server: Any) -> None:
    with openai.OpenAI(base_url=openai_server.url, api_key="k", max_retries=1) as client:
        openai_server.fails(500, retry=True)
        openai_server.chat()
        client.chat.completions.create(model="m", messages=QUESTION)
    assert only(captured)["status"] == "unset"
    assert len(openai_server.requests) == 2


def test_the_request_on_the_wire_is_the_applications_own(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("a")
    list(openai_client.chat.completions.create(model="m", messages=QUESTION, stream=True))
    assert openai_server.requests == [("/v1/chat/completions", {"model": "m", "messages": QUESTION, "stream": True})]
    assert only(captured)["attributes"]["gen_ai.request.stream"] is True


def test_parse_is_traced_once(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat('{"a": 1}')
    parsed = openai_client.chat.completions.parse(model="m", messages=QUESTION)
    assert parsed.choices[0].message.content == '{"a": 1}'
    assert only(captured)["name"] == "chat m"


def test_a_raw_response_is_traced_and_stays_raw(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    raw = openai_client.chat.completions.with_raw_response.create(model="m", messages=QUESTION)
    assert raw.status_code == 200
    assert raw.parse().choices[0].message.content == "Paris."
    assert only(captured)["attributes"]["gen_ai.usage.input_tokens"] == 31


def test_a_streamed_raw_response_is_traced_when_it_is_parsed(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat()
    with openai_client.chat.completions.with_streaming_response.create(model="m", messages=QUESTION) as raw:
        assert raw.headers["content-type"] == "application/json"
        assert captured.spans == []
        assert raw.parse().choices[0].message.content == "Paris."
    assert only(captured)["attributes"]["gen_ai.usage.output_tokens"] == 16


def test_a_raw_response_whose_bytes_are_read_ends_its_span(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat()
    with openai_client.chat.completions.with_streaming_response.create(model="m", messages=QUESTION) as raw:
        assert b"Paris." in b"".join(raw.iter_bytes())
    span = only(captured)
    assert span["status"] == "unset"
    assert "telltale.stream.cancelled" not in span["attributes"]


async def _ask(server: Any, **more: Any) -> Any:
    async with openai.AsyncOpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
        return await client.chat.completions.create(model="m", messages=QUESTION, **more)


def test_the_async_client_gives_the_same_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    openai_server.chat()
    openai_client.chat.completions.create(model="m", messages=QUESTION)
    asyncio.run(_ask(openai_server))
    first, second = captured.spans
    assert first["attributes"] == second["attributes"]
    assert (first["name"], first["kind"]) == (second["name"], second["kind"])


def test_an_async_failure_ends_its_span(captured: Captured, openai_server: Any) -> None:
    openai_server.fails(429)
    with pytest.raises(openai.RateLimitError):
        asyncio.run(_ask(openai_server))
    assert only(captured)["attributes"]["error.type"] == "openai.RateLimitError"


def test_a_call_is_the_child_of_the_span_around_it(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat()
    with telltale.span("answer") as outer:
        openai_client.chat.completions.create(model="m", messages=QUESTION)
    assert captured.span("chat m")["parent_span_id"] == outer.span_id


def test_without_capture_no_word_is_recorded(openai_client: Any, openai_server: Any) -> None:
    openai_server.chat("Paris.")
    with testing.capture(capture="none") as captured:
        openai_client.chat.completions.create(model="m", messages=QUESTION, tools=[])
    span = only(captured)
    assert "Paris" not in json.dumps(span)
    assert "brief" not in json.dumps(span)
    assert span["attributes"]["gen_ai.usage.input_tokens"] == 31


def test_messages_that_can_be_read_only_once_are_left_to_the_library(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat()
    openai_client.chat.completions.create(model="m", messages=iter(QUESTION))
    assert openai_server.requests[0][1]["messages"] == QUESTION
    assert only(captured)["status"] == "unset"


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("eu.api.openai.com", "openai"),
        ("acme.openai.azure.com", "azure.ai.openai"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.deepseek.com", "deepseek"),
        ("api.groq.com", "groq"),
        ("openrouter.ai", "openrouter"),
        ("127.0.0.1", "openai_compatible"),
        ("evil-api.openai.com.example.org", "openai_compatible"),
        ("notopenrouter.ai", "openai_compatible"),
    ],
)
def test_the_provider_follows_from_the_host(host: str, provider: str) -> None:
    assert provider_of(host) == provider
