"""Streams of OpenAI's asynchronous client, read to their end or left early."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import openai
from cancelled_reader import cancel_after_first
from captured_call import is_cancelled, only, recorded_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Which rivers cross Paris?"}]


async def _astream(server: Any, read: Any) -> None:
    async with openai.AsyncOpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
        await read(await client.chat.completions.create(model="m", messages=QUESTION, stream=True))


def test_an_async_stream_read_to_its_end_is_complete(captured: Captured, openai_server: Any) -> None:
    async def read(stream: Any) -> None:
        assert isinstance(stream, openai.AsyncStream)
        async for _ in stream:
            pass

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(_astream(openai_server, read))
    span = only(captured)
    assert recorded_text(captured) == "The Seine"
    assert not is_cancelled(captured)
    assert span["attributes"]["gen_ai.response.time_to_first_chunk"] > 0


def test_leaving_an_async_loop_early_ends_the_span(captured: Captured, openai_server: Any) -> None:
    async def read(stream: Any) -> None:
        async for _ in stream:
            break

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(_astream(openai_server, read))
    assert recorded_text(captured) == "The "
    assert is_cancelled(captured)


def test_an_async_context_manager_left_early_ends_the_span(captured: Captured, openai_server: Any) -> None:
    async def read(stream: Any) -> None:
        async with stream:
            await anext(stream)

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(_astream(openai_server, read))
    assert is_cancelled(captured)


def test_a_cancelled_task_ends_the_span_with_what_was_received(captured: Captured, openai_server: Any) -> None:
    gate = threading.Event()

    async def read(stream: Any) -> None:
        async def consume(arrived: Callable[[], None]) -> None:
            async for _ in stream:
                arrived()

        await cancel_after_first(consume)

    openai_server.chat_stream("The ", "Seine", gates={1: gate})
    asyncio.run(_astream(openai_server, read))
    gate.set()
    span = only(captured)
    assert recorded_text(captured) == "The "
    assert is_cancelled(captured)
    assert span["status"] == "unset"


def test_the_async_helper_for_streams_is_traced_once(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        client = openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0)
        async with client, client.chat.completions.stream(model="m", messages=QUESTION) as stream:
            async for _ in stream:
                pass

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(go())
    assert recorded_text(captured) == "The Seine"


def test_an_async_streaming_response_is_traced(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as client:
            ask: Any = client.chat.completions.with_streaming_response.create
            async with ask(model="m", messages=QUESTION, stream=True) as raw:
                async for _ in await raw.parse():
                    pass

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(go())
    assert recorded_text(captured) == "The Seine"
