"""OpenAI's Responses, whole and streamed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import openai
from captured_call import messages, only, parts

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_a_response_becomes_one_chat_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.response(openai_server.output_message("Paris."))
    response = openai_client.responses.create(
        model="gpt-5-mini", instructions="Be brief.", input="Capital?", max_output_tokens=256
    )
    assert response.output_text == "Paris."
    span = only(captured)
    assert (span["name"], span["kind"]) == ("chat gpt-5-mini", "client")
    assert span["attributes"] == {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "server.address": "127.0.0.1",
        "server.port": openai_server.port,
        "openai.api.type": "responses",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.max_tokens": 256,
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Capital?"}]}]',
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.model": "gpt-5-mini-2025-08-07",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 29,
        "gen_ai.usage.output_tokens": 72,
        "gen_ai.usage.cache_read.input_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 64,
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"stop"}]'
        ),
    }


def test_reasoning_and_tool_calls_are_parts_of_the_one_message(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    reasoning = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Look it up."}],
    }
    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "weather",
        "arguments": '{"city": "Lyon"}',
    }
    openai_server.response(reasoning, call)
    openai_client.responses.create(model="m", input="Weather?", tools=[{"type": "function", "name": "weather"}])
    span = only(captured)
    part = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Lyon"}}
    assert messages(captured) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Look it up."}, part],
            "finish_reason": "tool_call",
        }
    ]
    assert span["attributes"]["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert json.loads(span["attributes"]["gen_ai.tool.definitions"]) == [{"type": "function", "name": "weather"}]


def test_a_conversation_given_as_items_is_read_item_by_item(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.response(openai_server.output_message("18."))
    openai_client.responses.create(
        model="m",
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "18"},
        ],
    )
    assert messages(captured, "input") == [
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c", "name": "weather", "arguments": {}}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "18"}]},
    ]


def test_an_incomplete_response_says_why(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    details = {"reason": "max_output_tokens"}
    openai_server.response(openai_server.output_message("Par"), status="incomplete", incomplete_details=details)
    openai_client.responses.create(model="m", input="Capital?")
    assert only(captured)["attributes"]["gen_ai.response.finish_reasons"] == ["length"]


def test_a_response_that_says_it_failed_is_a_failure(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.response(status="failed", error={"code": "server_error", "message": "out of luck"})
    openai_client.responses.create(model="m", input="Capital?")
    span = only(captured)
    assert (span["status"], span["status_message"]) == ("error", "out of luck")
    assert span["attributes"]["error.type"] == "server_error"


def test_a_streamed_response_read_to_its_end_is_complete(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.response_stream("Par", "is.")
    events = list(openai_client.responses.create(model="m", input="Capital?", stream=True))
    assert events[-1].type == "response.completed"
    span = only(captured)
    assert parts(captured) == [{"type": "text", "content": "Paris."}]
    assert span["attributes"]["gen_ai.usage.input_tokens"] == 29
    assert span["attributes"]["gen_ai.request.stream"] is True
    assert span["attributes"]["gen_ai.response.time_to_first_chunk"] > 0
    assert "telltale.stream.cancelled" not in span["attributes"]


def test_a_streamed_response_left_early_keeps_its_deltas(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.response_stream("Par", "is.")
    with openai_client.responses.create(model="m", input="Capital?", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    span = only(captured)
    assert parts(captured) == [{"type": "text", "content": "Par"}]
    assert span["attributes"]["telltale.stream.cancelled"] is True
    assert span["attributes"]["gen_ai.response.id"] == "resp_1"


def test_the_helper_for_streamed_responses_is_traced_once(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.response_stream("Par", "is.")
    with openai_client.responses.stream(model="m", input="Capital?") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == "Paris."
    assert parts(captured) == [{"type": "text", "content": "Paris."}]


def test_parse_is_traced_once(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.response(openai_server.output_message("{}"))
    openai_client.responses.parse(model="m", input="Capital?")
    assert only(captured)["name"] == "chat m"


def test_the_async_client_streams_responses(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as client:
            async for _ in await client.responses.create(model="m", input="Capital?", stream=True):
                pass

    openai_server.response_stream("Par", "is.")
    asyncio.run(go())
    assert parts(captured) == [{"type": "text", "content": "Paris."}]
