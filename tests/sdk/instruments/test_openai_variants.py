"""Azure's clients, other servers with OpenAI's API, structured outputs, several choices, rounds of tools."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Literal

import openai
import pytest
from captured_call import messages, only, parts
from pydantic import BaseModel

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "strict": True,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False},
    },
}


class City(BaseModel):
    kind: Literal["city"]
    name: str


def _azure(server: Any) -> dict[str, Any]:
    endpoint = f"http://127.0.0.1:{server.port}"
    return {"azure_endpoint": endpoint, "api_version": "2026-01-01", "api_key": "k", "max_retries": 0}


def test_azures_client_is_azure_behind_any_address(captured: Captured, openai_server: Any) -> None:
    openai_server.chat()
    with openai.AzureOpenAI(**_azure(openai_server)) as client:
        client.chat.completions.create(model="my-deployment", messages=QUESTION)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.provider.name"] == "azure.ai.openai"
    assert attributes["gen_ai.request.model"] == "my-deployment"
    assert attributes["gen_ai.response.model"] == "gpt-5-mini-2025-08-07"


def test_azures_async_client_streams_and_embeds(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        async with openai.AsyncAzureOpenAI(**_azure(openai_server)) as client:
            async for _ in await client.chat.completions.create(model="d", messages=QUESTION, stream=True):
                pass
            await client.responses.create(model="d", input="?")
            await client.embeddings.create(model="e", input="a", encoding_format="float")

    openai_server.chat_stream("Par", "is.")
    openai_server.response(openai_server.output_message("Paris."))
    openai_server.embeddings([0.1])
    asyncio.run(go())
    assert [span["name"] for span in captured.spans] == ["chat d", "chat d", "embeddings e"]
    assert {span["attributes"]["gen_ai.provider.name"] for span in captured.spans} == {"azure.ai.openai"}


@pytest.mark.parametrize("path", ["", "/v1", "/api/v1/openai/", "/proxy?route=1"])
def test_a_server_with_this_api_may_stand_at_any_path(captured: Captured, openai_server: Any, path: str) -> None:
    openai_server.chat()
    with openai.OpenAI(base_url=f"http://127.0.0.1:{openai_server.port}{path}", api_key="k") as client:
        client.chat.completions.create(model="qwen3", messages=QUESTION)
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.provider.name"] == "openai_compatible"
    assert (attributes["server.address"], attributes["server.port"]) == ("127.0.0.1", openai_server.port)
    assert attributes["gen_ai.usage.input_tokens"] == 31


def test_a_server_that_leaves_out_what_openai_sends_is_read_as_far_as_it_goes(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat(usage=None, choices=[{"message": {"content": "Paris.", "reasoning_content": "France."}}])
    openai_client.chat.completions.create(model="m", messages=QUESTION)
    (message,) = messages(captured)
    assert [part["content"] for part in message["parts"]] == ["France.", "Paris."]
    assert not [key for key in only(captured)["attributes"] if "usage" in key]


def test_structured_outputs_come_through_and_are_recorded_as_they_were_said(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    said = '{"kind": "city", "name": "Paris"}'
    openai_server.chat(said)
    completion = openai_client.chat.completions.parse(model="m", messages=QUESTION, response_format=City)
    assert completion.choices[0].message.parsed == City(kind="city", name="Paris")
    assert parts(captured) == [{"type": "text", "content": said}]


def test_structured_outputs_of_responses_too(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    said = '{"kind": "city", "name": "Paris"}'
    openai_server.response(openai_server.output_message(said))
    response = openai_client.responses.parse(model="m", input="?", text_format=City)
    assert response.output_parsed == City(kind="city", name="Paris")
    assert parts(captured) == [{"type": "text", "content": said}]


def test_a_structured_answer_that_does_not_fit_fails_in_the_application_as_without_us(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat('{"kind": "river"}')
    with pytest.raises(ValueError, match="City"):
        openai_client.chat.completions.parse(model="m", messages=QUESTION, response_format=City)
    span = only(captured)
    assert span["status"] == "error"
    assert "ValidationError" in span["attributes"]["error.type"]


def test_a_refusal_is_part_of_the_answer(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat(None, message={"refusal": "I cannot help with that."})
    openai_client.chat.completions.parse(model="m", messages=QUESTION, response_format=City)
    assert parts(captured) == [{"type": "refusal", "content": "I cannot help with that."}]


def test_a_round_of_tools_is_two_calls_and_the_second_shows_the_first(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Lyon"}'}}
    openai_server.chat(None, message={"tool_calls": [called]}, finish_reason="tool_calls")
    openai_server.chat("Mild.")
    first = openai_client.chat.completions.parse(model="m", messages=QUESTION, tools=[WEATHER]).choices[0].message
    answered = {"role": "tool", "tool_call_id": "c1", "content": "18"}
    openai_client.chat.completions.create(model="m", messages=[*QUESTION, first, answered], tools=[WEATHER])
    asked, told = captured.spans
    part = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Lyon"}}
    assert json.loads(asked["attributes"]["gen_ai.output.messages"])[0]["parts"] == [part]
    assert json.loads(told["attributes"]["gen_ai.input.messages"])[1:] == [
        {"role": "assistant", "parts": [part]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "18"}]},
    ]


@pytest.mark.parametrize("choices", [2, 5])
def test_each_of_several_choices_keeps_its_own_tool_calls(
    captured: Captured, openai_client: Any, openai_server: Any, choices: int
) -> None:
    def piece(arguments: str, **head: Any) -> dict[str, Any]:
        return {"tool_calls": [{"index": 0, **head, "function": {"name": "weather", "arguments": arguments}}]}

    starts = [(n, piece('{"city": ', id=f"c{n}", type="function")) for n in range(choices)]
    ends = [(n, piece(f'"{n}"}}')) for n in reversed(range(choices))]
    openai_server.chat_stream(*starts, *ends, finish="tool_calls")
    list(openai_client.chat.completions.create(model="m", messages=QUESTION, n=choices, stream=True))
    calls = [message["parts"][0] for message in messages(captured)]
    assert [(call["id"], call["arguments"]) for call in calls] == [(f"c{n}", {"city": str(n)}) for n in range(choices)]


def test_the_helper_for_streams_parses_and_is_traced_once(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream('{"kind": "city", ', '"name": "Paris"}')
    with openai_client.chat.completions.stream(model="m", messages=QUESTION, response_format=City) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == City(kind="city", name="Paris")
    assert len(captured.spans) == 1
