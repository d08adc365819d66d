"""Streams of Anthropic's client, read to their end or left early."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from cancelled_reader import cancel_after_first
from captured_call import is_cancelled, only, parts, recorded_text
from fake_anthropic import text

import telltale

if TYPE_CHECKING:
    from collections.abc import Callable

    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Which rivers cross Paris?"}]
ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": QUESTION}


def test_a_stream_read_to_its_end_is_complete(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.stream(text("The Seine."))
    stream = anthropic_client.messages.create(**ASK, stream=True)
    assert isinstance(stream, anthropic.Stream)
    assert captured.spans == []
    assert [event.type for event in stream][-1] == "message_stop"
    assert recorded_text(captured) == "The Seine."
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 1331
    assert attributes["gen_ai.usage.output_tokens"] == 160
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 1000
    assert attributes["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"] == 100
    assert attributes["gen_ai.response.finish_reasons"] == ["end_turn"]
    assert attributes["gen_ai.response.id"] == "msg_1"
    assert attributes["gen_ai.request.stream"] is True
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert not is_cancelled(captured)


def test_blocks_are_put_together_from_their_pieces_in_their_order(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream(
        {"type": "thinking", "thinking": "Look it up.", "signature": ""},
        text("One moment."),
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": '{"city": "Lyon"}'},
        {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": '{"query": "Lyon"}'},
        {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []},
        {"type": "tool_use", "id": "toolu_2", "name": "time", "input": ""},
        finish="tool_use",
    )
    list(anthropic_client.messages.create(**ASK, stream=True))
    thought, said, call, server_call, server_answer, bare = parts(captured)
    assert thought == {"type": "reasoning", "content": "Look it up."}
    assert said == {"type": "text", "content": "One moment."}
    assert call == {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": {"city": "Lyon"}}
    assert server_call["server_tool_call"] == {"type": "web_search", "input": {"query": "Lyon"}}
    assert server_answer["type"] == "server_tool_call_response"
    assert (bare["name"], bare["arguments"]) == ("time", {})


def test_a_later_count_is_the_better_one(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.stream(text("x"), usage={"input_tokens": 40, "output_tokens": 7, "cache_read_input_tokens": 0})
    list(anthropic_client.messages.create(**ASK, stream=True))
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 40 + 300
    assert attributes["gen_ai.usage.output_tokens"] == 7


def test_leaving_the_loop_early_keeps_what_was_received_and_claims_no_output_count(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream({"type": "thinking", "thinking": "Rivers.", "signature": ""}, text("The Seine flows"))
    for event in anthropic_client.messages.create(**ASK, stream=True):
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            break
    assert [part["content"] for part in parts(captured)] == ["Rivers.", "The Sei"]
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 1331
    assert "gen_ai.usage.output_tokens" not in attributes
    assert is_cancelled(captured)


def test_arguments_cut_off_in_the_middle_are_kept_as_text(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream({"type": "tool_use", "id": "t", "name": "weather", "input": '{"city": "Lyon"}'})
    for event in anthropic_client.messages.create(**ASK, stream=True):
        if event.type == "content_block_delta":
            break
    assert parts(captured)[0]["arguments"] == '{"city":'


@pytest.mark.parametrize("closes", [True, False])
def test_closing_or_dropping_ends_the_span(
    captured: Captured, anthropic_client: Any, anthropic_server: Any, closes: bool
) -> None:
    anthropic_server.stream(text("The Seine"))
    stream = anthropic_client.messages.create(**ASK, stream=True)
    next(stream)
    if closes:
        stream.close()
    del stream
    gc.collect()
    assert is_cancelled(captured)


def test_a_connection_that_breaks_is_a_failure_with_what_was_received(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream(text("The Seine"), finish=None, breaks=True)
    with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
        list(anthropic_client.messages.create(**ASK, stream=True))
    assert only(captured)["status"] == "error"
    assert recorded_text(captured) == "The Seine"


def test_an_error_event_inside_a_stream_is_a_failure(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    reply = anthropic_server.stream(text("The Seine"), finish=None)
    reply.events.append({"type": "error", "error": {"type": "overloaded_error", "message": "overloaded"}})
    with pytest.raises(anthropic.APIStatusError, match="overloaded"):
        list(anthropic_client.messages.create(**ASK, stream=True))
    span = only(captured)
    assert span["status"] == "error"
    assert span["attributes"].get("http.response.status_code", 500) >= 400
    assert recorded_text(captured) == "The Seine"


def test_the_helper_is_traced_once_when_it_is_entered(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream(text("The Seine."))
    manager = anthropic_client.messages.stream(**ASK)
    assert anthropic_server.requests == []
    with manager as stream:
        assert "".join(stream.text_stream) == "The Seine."
        assert stream.get_final_message().content[0].text == "The Seine."
    assert recorded_text(captured) == "The Seine."
    assert not is_cancelled(captured)
    assert only(captured)["attributes"]["gen_ai.usage.output_tokens"] == 160


def test_the_beta_helper_too(captured: Captured, anthropic_client: Any, anthropic_server: Any) -> None:
    anthropic_server.stream(text("The Seine."))
    with anthropic_client.beta.messages.stream(**ASK) as stream:
        stream.until_done()
    assert recorded_text(captured) == "The Seine."


def test_a_helper_that_is_never_entered_is_no_call(captured: Captured, anthropic_client: Any) -> None:
    anthropic_client.messages.stream(**ASK)
    assert captured.spans == []


def test_leaving_the_helper_early_ends_the_span(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream(text("The Seine flows"))
    with anthropic_client.messages.stream(**ASK) as stream:
        for _ in stream.text_stream:
            break
    assert recorded_text(captured) == "The Sei"
    assert is_cancelled(captured)


def test_an_error_on_entering_the_helper_is_the_calls(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.fails(429)
    with pytest.raises(anthropic.RateLimitError), anthropic_client.messages.stream(**ASK):
        pass
    assert only(captured)["attributes"]["http.response.status_code"] == 429


def test_the_consumers_own_spans_are_not_children_of_the_call(
    captured: Captured, anthropic_client: Any, anthropic_server: Any
) -> None:
    anthropic_server.stream(text("The Seine"))
    with anthropic_client.messages.stream(**ASK) as stream:
        for _ in stream:
            with telltale.span("show"):
                pass
    assert {span["parent_span_id"] for span in captured.spans} == {None}


# --- async ---------------------------------------------------------------------------------------------------
async def _with_client(server: Any, use: Any) -> None:
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client:
        await use(client)


def test_an_async_stream_read_to_its_end_is_complete(captured: Captured, anthropic_server: Any) -> None:
    async def use(client: Any) -> None:
        stream = await client.messages.create(**ASK, stream=True)
        assert isinstance(stream, anthropic.AsyncStream)
        assert [event.type async for event in stream][-1] == "message_stop"

    anthropic_server.stream(text("The Seine."))
    asyncio.run(_with_client(anthropic_server, use))
    assert recorded_text(captured) == "The Seine."
    assert not is_cancelled(captured)


@pytest.mark.parametrize("api", ["messages", "beta"])
def test_the_async_helper_is_traced_once(captured: Captured, anthropic_server: Any, api: str) -> None:
    async def use(client: Any) -> None:
        messages = client.messages if api == "messages" else client.beta.messages
        async with messages.stream(**ASK) as stream:
            assert "".join([piece async for piece in stream.text_stream]) == "The Seine."

    anthropic_server.stream(text("The Seine."))
    asyncio.run(_with_client(anthropic_server, use))
    assert recorded_text(captured) == "The Seine."
    assert not is_cancelled(captured)


def test_leaving_the_async_helper_early_ends_the_span(captured: Captured, anthropic_server: Any) -> None:
    async def use(client: Any) -> None:
        async with client.messages.stream(**ASK) as stream:
            async for _ in stream.text_stream:
                break

    anthropic_server.stream(text("The Seine flows"))
    asyncio.run(_with_client(anthropic_server, use))
    assert recorded_text(captured) == "The Sei"
    assert is_cancelled(captured)


def test_a_cancelled_reader_ends_the_span_with_what_was_received(captured: Captured, anthropic_server: Any) -> None:
    gate = threading.Event()

    async def use(client: Any) -> None:
        async def consume(arrived: Callable[[], None]) -> None:
            async with client.messages.stream(**ASK) as stream:
                async for _ in stream.text_stream:
                    arrived()

        await cancel_after_first(consume)

    anthropic_server.stream(text("The Seine"), gates={4: gate})
    asyncio.run(_with_client(anthropic_server, use))
    gate.set()
    assert recorded_text(captured) == "The "
    assert is_cancelled(captured)
    assert only(captured)["status"] == "unset"
