"""Beta, parsed, raw and asynchronous messages and tool runners of Anthropic's client are calls, too."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from captured_call import only
from fake_anthropic import text
from pydantic import BaseModel
from scripted_provider import Reply

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured


MODEL = "claude-sonnet-4-6"
QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
ASK: Any = {"model": MODEL, "max_tokens": 64, "messages": QUESTION}


def test_beta_messages_and_structured_outputs_are_calls_too(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    class City(BaseModel):
        name: str

    anthropic_server.message()
    anthropic_server.message(text('{"name": "Paris"}'))
    anthropic_server.message(text('{"name": "Paris"}'))
    anthropic_client.beta.messages.create(**ASK)
    assert anthropic_client.messages.parse(**ASK, output_format=City).parsed_output == City(name="Paris")
    anthropic_client.beta.messages.parse(**ASK, output_format=City)
    assert [span["name"] for span in captured.spans] == [f"chat {MODEL}"] * 3


def test_each_turn_of_a_tool_runner_is_a_call(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    @anthropic.beta_tool
    def weather(city: str) -> str:
        """The weather in a city."""
        with telltale.span("look outside"):
            return f"18 degrees in {city}"

    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Lyon"}}
    anthropic_server.message(call, stop_reason="tool_use")
    anthropic_server.message(text("Mild."))
    runner = anthropic_client.beta.messages.tool_runner(**ASK, tools=[weather])
    assert runner.until_done().content[0].text == "Mild."
    names = [span["name"] for span in captured.spans]
    assert names == [f"chat {MODEL}", "look outside", f"chat {MODEL}"]
    assert "18 degrees in Lyon" in captured.spans[2]["attributes"]["gen_ai.input.messages"]


def test_counting_tokens_is_no_call(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.reply(Reply(body={"input_tokens": 12}))
    assert anthropic_client.messages.count_tokens(model=MODEL, messages=QUESTION).input_tokens == 12
    assert captured.spans == []


def test_the_async_client_is_traced(captured: Captured, anthropic_server: Any) -> None:
    async def go() -> None:
        async with anthropic.AsyncAnthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as client:
            await client.messages.create(**ASK)
            await client.beta.messages.create(**ASK)

    anthropic_server.message()
    anthropic_server.message()
    asyncio.run(go())
    assert [span["name"] for span in captured.spans] == [f"chat {MODEL}"] * 2
    assert captured.spans[0]["attributes"]["gen_ai.usage.input_tokens"] == 1331


def test_a_cancelled_call_ends_its_span(captured: Captured, anthropic_server: Any) -> None:
    gate = threading.Event()

    async def go() -> None:
        async with anthropic.AsyncAnthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as client:
            task = asyncio.create_task(client.messages.create(**ASK))
            await asyncio.to_thread(anthropic_server.asked.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    anthropic_server.reply(Reply(body={}, gates={-1: gate}))
    asyncio.run(go())
    gate.set()
    span = only(captured)
    assert span["attributes"]["telltale.cancelled"] is True
    assert span["status"] == "unset"


def test_raw_and_streaming_responses_stay_the_librarys_own(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.message()
    anthropic_server.message()
    raw = anthropic_client.messages.with_raw_response.create(**ASK)
    assert raw.headers["content-type"] == "application/json"
    assert raw.parse().content[0].text == "Paris."
    with anthropic_client.messages.with_streaming_response.create(**ASK) as later:
        assert later.parse().content[0].text == "Paris."
    assert [span["attributes"]["gen_ai.usage.output_tokens"] for span in captured.spans] == [160, 160]


def test_the_raw_responses_of_the_async_client_too(captured: Captured, anthropic_server: Any) -> None:
    async def go() -> None:
        async with anthropic.AsyncAnthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as client:
            raw: Any = await client.messages.with_raw_response.create(**ASK)
            parsed = raw.parse()
            assert (await parsed if asyncio.iscoroutine(parsed) else parsed).content[0].text == "Paris."
            ask: Any = client.messages.with_streaming_response.create
            async with ask(**ASK) as later:
                assert (await later.parse()).content[0].text == "Paris."

    anthropic_server.message()
    anthropic_server.message()
    asyncio.run(go())
    assert [span["attributes"]["gen_ai.usage.output_tokens"] for span in captured.spans] == [160, 160]
