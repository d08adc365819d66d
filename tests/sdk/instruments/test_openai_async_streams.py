from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Which rivers cross Paris?"}]


def _only(captured: Captured) -> dict[str, Any]:
    assert len(captured.spans) == 1
    return captured.spans[0]


def _output(span: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads(span["attributes"]["gen_ai.output.messages"])
    return messages


def _text(span: dict[str, Any]) -> str:
    return "".join(part["content"] for part in _output(span)[0]["parts"])


def _is_cancelled(span: dict[str, Any]) -> bool:
    return bool(span["attributes"].get("telltale.stream.cancelled", False))


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
    span = _only(captured)
    assert _text(span) == "The Seine"
    assert not _is_cancelled(span)
    assert span["attributes"]["gen_ai.response.time_to_first_chunk"] > 0


def test_leaving_an_async_loop_early_ends_the_span(captured: Captured, openai_server: Any) -> None:
    async def read(stream: Any) -> None:
        async for _ in stream:
            break

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(_astream(openai_server, read))
    span = _only(captured)
    assert _text(span) == "The "
    assert _is_cancelled(span)


def test_an_async_context_manager_left_early_ends_the_span(captured: Captured, openai_server: Any) -> None:
    async def read(stream: Any) -> None:
        async with stream:
            await anext(stream)

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(_astream(openai_server, read))
    assert _is_cancelled(_only(captured))


def test_a_cancelled_task_ends_the_span_with_what_was_received(captured: Captured, openai_server: Any) -> None:
    gate = threading.Event()

    async def read(stream: Any) -> None:
        first = asyncio.Event()

        async def consume() -> None:
            async for _ in stream:
                first.set()

        task = asyncio.create_task(consume())
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    openai_server.chat_stream("The ", "Seine", gates={1: gate})
    asyncio.run(_astream(openai_server, read))
    gate.set()
    span = _only(captured)
    assert _text(span) == "The "
    assert _is_cancelled(span)
    assert span["status"] == "unset"


def test_the_async_helper_for_streams_is_traced_once(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        client = openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0)
        async with client, client.chat.completions.stream(model="m", messages=QUESTION) as stream:
            async for _ in stream:
                pass

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(go())
    assert _text(_only(captured)) == "The Seine"


def test_an_async_streaming_response_is_traced(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as client:
            ask: Any = client.chat.completions.with_streaming_response.create
            async with ask(model="m", messages=QUESTION, stream=True) as raw:
                async for _ in await raw.parse():
                    pass

    openai_server.chat_stream("The ", "Seine")
    asyncio.run(go())
    assert _text(_only(captured)) == "The Seine"
